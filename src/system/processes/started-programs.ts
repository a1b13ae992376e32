import { readFileSync } from 'node:fs';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { MonotonicMs } from '../../kernel/units.ts';
import { systemClock } from '../machine/clock.ts';
import { attempt } from './process-table.ts';

const KEY = 'understudy started programs';
/** Of the last ones. */
const REMEMBERED = 64;
/** Behind the process ids: how many were started, … */
const COUNT = REMEMBERED;
/** … how many threads start one now, … */
const STARTING = REMEMBERED + 1;
/** … and when a start ended last. */
const ENDED = REMEMBERED + 2;
const WORDS = REMEMBERED + 3;

/** The kernel closes what a new program does not get after it has told of its start: a processor may be busy then. */
const CLOSED_LATE_MS = 50;

/** All threads of this process see the same; those that it starts get it. */
const words = new Int32Array(shared());

function shared(): SharedArrayBuffer {
  const known = getEnvironmentData(KEY);
  if (known instanceof SharedArrayBuffer) return known;
  const memory = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT);
  setEnvironmentData(KEY, memory);
  return memory;
}

/**
 * Starts a program: every start of one goes through here.
 * @param start - returns once the program is itself, or could not be started.
 */
export function noteStart<Program extends { readonly pid?: number | undefined }>(start: () => Program): Program {
  Atomics.add(words, STARTING, 1);
  try {
    const program = start();
    // Before anything else is done.
    if (program.pid !== undefined) Atomics.store(words, Atomics.add(words, COUNT, 1) % REMEMBERED, program.pid);
    return program;
  } finally {
    Atomics.store(words, ENDED, word(systemClock.monotonicMs()));
    Atomics.sub(words, STARTING, 1);
    Atomics.notify(words, STARTING);
  }
}

/**
 * Was a program being started then or later, or shortly before, on any thread? One that is being started has all
 * descriptors of this process, also those that this process closes meanwhile, until it is itself. Waits until it is.
 * @param since - by the clock that all threads share.
 * @param timeoutMs - waits no longer.
 */
export function awaitStarts(since: MonotonicMs, timeoutMs: number): boolean {
  const starting = Atomics.load(words, STARTING);
  if (starting === 0) return ((word(since) - Atomics.load(words, ENDED)) | 0) < CLOSED_LATE_MS;
  Atomics.wait(words, STARTING, starting, timeoutMs);
  return true;
}

/** What of a time a word holds: whole milliseconds, which begin anew every 50 days. */
function word(at: MonotonicMs): number {
  return Math.trunc(at) | 0;
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
