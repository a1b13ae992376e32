import { readFileSync } from 'node:fs';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { attempt } from './process-table.ts';

const KEY = 'understudy started programs';
/** Of the last ones. */
const REMEMBERED = 64;
/** Behind the process ids: how many were started. */
const COUNT = REMEMBERED;

/** All threads of this process see the same; those that it starts get it. */
const words = new Int32Array(shared());

function shared(): SharedArrayBuffer {
  const known = getEnvironmentData(KEY);
  if (known instanceof SharedArrayBuffer) return known;
  const memory = new SharedArrayBuffer((REMEMBERED + 1) * Int32Array.BYTES_PER_ELEMENT);
  setEnvironmentData(KEY, memory);
  return memory;
}

/** To be called before anything else is done, once it was started. */
export function noteStarted(processId: number): void {
  Atomics.store(words, Atomics.add(words, COUNT, 1) % REMEMBERED, processId);
}

/**
 * Is this a program that this process started, now or a while ago? Until it is itself, such a process has all
 * descriptors of ours, and closes them by then: the kernel names it for what we wrote.
 */
export function wasStartedHere(processId: number): boolean {
  // One that has ended was noted before: its end is met later than its start.
  return parentOf(processId) === process.pid || words.subarray(0, REMEMBERED).includes(processId);
}

/** Null where there is no such process. */
function parentOf(processId: number): number | null {
  const status = attempt(() => readFileSync(`/proc/${processId}/stat`, 'latin1'));
  return status === null ? null : Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]);
}
