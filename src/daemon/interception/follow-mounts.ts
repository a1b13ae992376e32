import { toData } from '../../problems/problem.ts';
import { systemClock } from '../../system/machine/clock.ts';
import { systemTimers } from '../../system/machine/timers.ts';
import type { Interception } from './interception.ts';
import { RefusedWrites } from './refused-writes.ts';
import type { StreamNews } from '../stream/thread-messages.ts';

const STEP_MS = 1000;

/**
 * While a stream worker runs, tells what there is to tell of the mounts: why folders are not mounted over that were to
 * be; who was refused; and the end of a stream that can't go on without a mount.
 * @param stop - ends the stream worker.
 * @returns ends it.
 */
export function followMounts(
  interception: Interception,
  stop: () => Promise<void>,
  onMessage: (message: StreamNews) => void,
): () => void {
  for (const { problem, path } of interception.problems) {
    onMessage({ kind: 'problem', problem, item: path, evidence: [], action: null });
  }
  const refused = new RefusedWrites({ tell: onMessage, now: () => systemClock.monotonicMs() });
  interception.onAttempts = (attempts) => refused.seen(attempts);
  interception.onFound = (path, problem) =>
    onMessage({ kind: 'problem', problem: toData(problem), item: path, evidence: [], action: null });
  interception.onCleared = (code, path) => onMessage({ kind: 'cleared', code, item: path });
  interception.onBroken = (problem) => {
    const failed = { kind: 'failed', problem: toData(problem), text: problem.message } as const;
    void stop().then(() => onMessage(failed));
  };
  return systemTimers.every(STEP_MS, () => refused.step());
}
