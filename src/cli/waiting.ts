import type { Clock, Timers } from '../kernel/clock.ts';
import { isProblem } from '../problems/problem.ts';
import { isSynchronized } from '../diagnosis/synchronization-status.ts';
import type { Status } from '../api/status.ts';

/** Between two looks at the status while waiting. */
const LOOK_EVERY_MS = 250;

/** Resolves after `delayMs`, or at once when `signal` is aborted. */
export function pause(timers: Timers, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const end = () => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = timers.after(delayMs, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/**
 * Asks again and again until the answer is as wanted. A daemon that does not answer (yet) is waited
 * for too.
 * @returns the last status, and whether it is as wanted.
 * @throws Problem CLI-001 when no daemon answered at all until the end, any other problem at once.
 */
export async function waitForStatus(options: {
  readonly ask: () => Promise<Status>;
  readonly holds: (status: Status) => boolean;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly signal?: AbortSignal;
}): Promise<{ readonly status: Status; readonly holds: boolean }> {
  const { clock, timers, signal } = options;
  const deadline = clock.monotonicMs() + options.timeoutMs;
  let last: Status | null = null;
  for (;;) {
    try {
      last = await options.ask();
      if (options.holds(last)) return { status: last, holds: true };
    } catch (error) {
      const away = isProblem(error, 'CLI-001') || isProblem(error, 'CLI-012');
      // What a daemon said before it went away is no answer any more.
      last = null;
      if (!away || signal?.aborted === true || clock.monotonicMs() >= deadline) throw error;
    }
    const leftMs = deadline - clock.monotonicMs();
    if ((leftMs <= 0 || signal?.aborted === true) && last !== null) return { status: last, holds: false };
    await pause(timers, Math.max(0, Math.min(LOOK_EVERY_MS, leftMs)), signal);
  }
}

/** Everything is applied: what `--wait synchronized` waits for. */
export function isFullySynchronized(status: Status): boolean {
  const registry = status.registry.status;
  return status.fileSystem.status === 'Synchronized' && (registry === 'Synchronized' || registry === 'Not protected');
}

/** Which status speaks against the exit status 0 of `--exit-code`; null where none does. */
export function statusAmiss(status: Status): { readonly kind: string; readonly status: string } | null {
  if (!isSynchronized(status.fileSystem.status)) return { kind: 'File System', status: status.fileSystem.status };
  const registry = status.registry.status;
  if (registry === 'Not protected' || isSynchronized(registry)) return null;
  return { kind: 'Registry', status: registry };
}
