import type { CheckResult, Handlers, QuarantineEntry } from '../api/requests.ts';
import type { CheckProgress, Identity, Role, Status } from '../api/status.ts';
import type { Timers } from '../kernel/clock.ts';
import { fromText } from '../kernel/byte-string.ts';
import { Problem } from '../problems/problem.ts';
import { type Aside, asideHandlers } from './aside.ts';
import type { CheckOutcome } from './check-follower.ts';
import type { EventHistory } from './event-history.ts';
import type { FindingBoard } from './finding-board.ts';
import { listFiles, unreadOf } from './files-list.ts';
import type { ItemLook } from './item-look.ts';
import { differencesBetween } from './item-look.ts';
import type { Services } from './services.ts';
import type { CheckRequest, StreamQuery } from './thread-messages.ts';
import type { UnreadPage } from './unread-items.ts';

/** What the handlers ask of the daemon. */
export interface DaemonView {
  readonly identity: Identity;
  readonly role: Role;
  status(): Status;
  /** Starts a check, on whichever server it takes. @returns its number. @throws Problem DMN-001, DMN-002 */
  startCheck(request: CheckRequest): Promise<number>;
  /** What came of a check with this number; at once where it ended already. */
  outcome(check: number, signal: AbortSignal): Promise<CheckOutcome>;
  /** Asks this server's stream worker. */
  query(query: StreamQuery): Promise<unknown>;
  /** Asks the other daemon. @throws Problem DMN-001 */
  callPeer(name: string, body: unknown): Promise<unknown>;
  /** Carries out what a problem of this server offers. @returns what was done. @throws Problem DMN-004 */
  fix(id: string): string;
  readonly services: Pick<Services, 'plan' | 'adopt' | 'release' | 'answer' | 'pause' | 'resume'>;
  invite(
    signal: AbortSignal,
  ): AsyncIterable<{ kind: 'token'; token: string; expiresAt: string } | { kind: 'done'; peerAddress: string }>;
  pairSettings(): { version: number; file: string; text: string };
  /** @throws Problem DMN-006 where the pair settings don't cover this path. */
  expectProtected(path: string): void;
}

const PROGRESS_EVERY_MS = 200;

/** The daemon's half of the API. What the passive server knows is asked of it, whichever server is asked. */
export function handlersOf(options: {
  daemon: DaemonView;
  findings: FindingBoard;
  history: EventHistory;
  timers: Timers;
  aside: Aside;
}): Handlers {
  const { daemon, findings, history, timers, aside } = options;
  /** On the passive server directly, otherwise through the channel. */
  const ofPassive = (query: StreamQuery): Promise<unknown> =>
    daemon.role === 'passive' ? daemon.query(query) : daemon.callPeer('query', query);
  const ofActive = (query: StreamQuery): Promise<unknown> =>
    daemon.role === 'active' ? daemon.query(query) : daemon.callPeer('query', query);
  return {
    status: async () => daemon.status(),
    check: (request, { signal }) =>
      followCheck({
        daemon,
        unread: () => unreadOf(ofActive, { paths: pathsOf(request.paths), after: fromText(''), limit: 1 }),
        timers,
        signal,
        request: {
          mode: request.mode,
          repair: !request.verifyOnly,
          paths: pathsOf(request.paths),
        },
      }),
    files: (request) => listFiles(request, { daemon, findings, ofPassive, ofActive }),
    diff: async ({ path }) => {
      daemon.expectProtected(path);
      const query = { name: 'look', path } as const;
      const own = (await daemon.query(query)) as ItemLook;
      const peer = (await daemon.callPeer('query', query)) as ItemLook;
      const [active, passive] = daemon.role === 'active' ? [own, peer] : [peer, own];
      if (active.type === null && passive.type === null) {
        throw new Problem('CLI-018', { path });
      }
      const differences = differencesBetween(active, passive);
      return { path, status: differences.length === 0 ? 'Synchronized' : 'Out of sync', differences };
    },
    findings: async () => ({ findings: findings.all() }),
    ...asideHandlers({ daemon, findings, aside }),
    fix: async ({ id }) => {
      if (findings.find(id) !== null) return { done: daemon.fix(id) };
      if (!findings.all().some((finding) => finding.id === id))
        throw new Problem('CLI-003', { what: 'finding', name: id, list: 'findings' });
      return (await daemon.callPeer('fix', { id })) as { done: string };
    },
    events: async (request) => ({ events: await history.find(request) }),
    quarantineList: async ({ after, limit }) => {
      const all = (await ofPassive({ name: 'quarantineList' })) as QuarantineEntry[];
      const from = after === undefined ? 0 : all.findIndex((entry) => entry.id === after) + 1;
      const entries = all.slice(from, from + limit);
      const next = from + limit < all.length ? (entries.at(-1)?.id ?? null) : null;
      return { entries, next, bytesTotal: all.reduce((sum, entry) => sum + entry.sizeBytes, 0) };
    },
    quarantineRestore: async ({ id, to }) =>
      (await ofPassive({ name: 'quarantineRestore', entry: id, to })) as { path: string },
    quarantinePurge: async ({ id }) =>
      (await ofPassive({ name: 'quarantinePurge', entry: id })) as { entries: number; bytes: number },
    servicesPlan: () => daemon.services.plan(),
    servicesAdopt: ({ digest }) => daemon.services.adopt(digest),
    pause: (request) => daemon.services.pause(request),
    resume: () => daemon.services.resume(),
    servicesRelease: () => daemon.services.release(),
    invite: (_request, { signal }) => daemon.invite(signal),
    pairSettings: async () => daemon.pairSettings(),
  };
}

function pathsOf(paths: readonly string[]): readonly string[] | null {
  return paths.length === 0 ? null : paths;
}

async function* followCheck(options: {
  daemon: DaemonView;
  /** What could not be read of what was to be checked. */
  unread: () => Promise<UnreadPage>;
  timers: Timers;
  signal: AbortSignal;
  request: CheckRequest;
}): AsyncGenerator<{ kind: 'progress'; progress: CheckProgress } | CheckResult> {
  const { daemon, timers, signal } = options;
  const check = await daemon.startCheck(options.request);
  let result: CheckResult | null = null;
  const ended = daemon.outcome(check, signal).then(async (outcome) => {
    result = resultOf(outcome, (await options.unread()).count);
  });
  while (result === null && !signal.aborted) {
    await Promise.race([ended, new Promise<void>((resume) => timers.after(PROGRESS_EVERY_MS, resume))]);
    const progress = daemon.status().fileSystem.check;
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
      : 'the connection was lost, or the stream began anew, while it ran';
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
