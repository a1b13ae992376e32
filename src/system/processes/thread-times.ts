import { openSync, readSync } from 'node:fs';
import type { ThreadTimes } from '../../kernel/thread-times.ts';

/** @returns what tells the times of the thread that calls this function and that one. */
export function openThreadTimes(): () => ThreadTimes {
  const schedule = openSchedule();
  const bytes = Buffer.alloc(128);
  return () => {
    const { user, system } = process.threadCpuUsage();
    const length = schedule === null ? 0 : readSync(schedule, bytes, 0, bytes.length, 0);
    return { processorMs: (user + system) / 1000, readyMs: readyMsIn(bytes.toString('latin1', 0, length)) };
  };
}

/** @param text - of schedstat (Documentation/scheduler/sched-stats.rst of the kernel): nanoseconds it ran, and waited to. */
export function readyMsIn(text: string): number {
  const [, waited = 0] = text.split(' ').map(Number);
  return Number.isFinite(waited) ? waited / 1e6 : 0;
}

/** Null where the kernel does not tell. It stays that of the thread that opened it. */
function openSchedule(): number | null {
  try {
    return openSync('/proc/thread-self/schedstat', 'r');
  } catch {
    return null;
  }
}
