import type { CheckResult } from '../../api/requests.ts';
import type { CheckProgress, Status } from '../../api/status.ts';
import type { Timers } from '../../kernel/clock.ts';
import type { CheckOutcome } from '../passive/check-follower.ts';
import type { CheckRequest } from '../stream/thread-messages.ts';
import type { UnreadPage } from './unread-items.ts';

const PROGRESS_EVERY_MS = 200;
const EXAMPLES_MAX = 100;

/** What following a check asks of the daemon. */
interface FollowedDaemon {
  status(): Status;
  startCheck(request: CheckRequest): Promise<number>;
  outcome(check: number, signal: AbortSignal): Promise<CheckOutcome>;
}

/** Starts checks, tells how far they are, and ends with what came of all of them together. */
export async function* followChecks(options: {
  readonly daemon: FollowedDaemon;
  /** What could not be read of the files that were to be checked. */
  readonly unread: () => Promise<UnreadPage>;
  readonly timers: Timers;
  readonly signal: AbortSignal;
  readonly requests: readonly CheckRequest[];
}): AsyncGenerator<{ kind: 'progress'; progress: CheckProgress } | CheckResult> {
  const { daemon, timers, signal, requests } = options;
  const checks: Promise<CheckResult>[] = [];
  for (const request of requests) {
    const check = await daemon.startCheck(request);
    checks.push(
      daemon.outcome(check, signal).then(async (outcome) => {
        return resultOf(outcome, request.registry === true ? 0 : (await options.unread()).count);
      }),
    );
  }
  let result: CheckResult | null = null;
  const ended = Promise.all(checks).then((results) => {
    result = together(results);
  });
  while (result === null && !signal.aborted) {
    await Promise.race([ended, new Promise<void>((resume) => timers.after(PROGRESS_EVERY_MS, resume))]);
    const status = daemon.status();
    const progress = status.fileSystem.check ?? status.registry.check;
    if (result === null && progress !== null) yield { kind: 'progress', progress };
  }
  if (result !== null) yield result;
}

/** As it is told to who asked for the check. */
export function resultOf(outcome: CheckOutcome, unreadable: number): CheckResult {
  const { differences, left, refused } = outcome;
  const reason =
    unreadable > 0
      ? `${String(unreadable)} ${unreadable === 1 ? 'item' : 'items'} could not be read on the active server`
      : 'the connection was lost, the stream began anew while it ran, something could not be read, or a registry waits for a decision';
  return {
    kind: 'result',
    finished: outcome.finished,
    reason: outcome.finished && unreadable === 0 ? null : reason,
    itemsChecked: outcome.itemsChecked,
    bytesChecked: outcome.bytesChecked,
    unreadable,
    differences,
    repaired: outcome.repair && outcome.finished ? Math.max(0, differences - left - refused) : 0,
    left,
    examples: [...outcome.examples],
  };
}

function together(results: readonly CheckResult[]): CheckResult {
  const sum = (of: (result: CheckResult) => number): number => results.reduce((all, one) => all + of(one), 0);
  return {
    kind: 'result',
    finished: results.every(({ finished }) => finished),
    reason: results.find(({ reason }) => reason !== null)?.reason ?? null,
    itemsChecked: sum((one) => one.itemsChecked),
    bytesChecked: sum((one) => one.bytesChecked),
    unreadable: sum((one) => one.unreadable),
    differences: sum((one) => one.differences),
    repaired: sum((one) => one.repaired),
    left: sum((one) => one.left),
    examples: results.flatMap(({ examples }) => examples).slice(0, EXAMPLES_MAX),
  };
}
