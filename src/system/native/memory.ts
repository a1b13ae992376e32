import { flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { addressOf } from './c-library.ts';
import * as native from './native.ts';

/** Percent by which a heap may grow beyond what was alive before it is collected again. */
const HEAP_GROWTH_PERCENT = 20;
/** mallopt(3): how many arenas malloc keeps; each holds freed memory of its own. */
const M_ARENA_MAX = -8;
const ARENAS_MAX = 2;
/** mallopt(3): blocks from this size on are mapped by themselves, and go back to the machine when freed. */
const M_MMAP_THRESHOLD = -3;
/** Set, so that it does not grow by itself to the size of the largest block that was ever freed. */
const MAPPED_BYTES_MIN = 128 * 1024;

/**
 * Trades a little processor time for a small resident size: a daemon shares its machine with what it
 * protects. For the start of the process, before any thread.
 */
export function keepMemorySmall(): void {
  setFlagsFromString(`--heap-growing-percent=${String(HEAP_GROWTH_PERCENT)}`);
  // Gives every thread that starts from here on the `gc` that giveMemoryBack calls.
  setFlagsFromString('--expose-gc');
  native.mallopt(M_ARENA_MAX, ARENAS_MAX);
  native.mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES_MIN);
}

/**
 * Writes down what this thread has compiled, also where the process is killed later. A thread that loads
 * nothing else loads no compiler, which takes some 15 MiB for each.
 */
export function keepCompiled(): void {
  flushCompileCache();
}

const MADV_DONTNEED = 4;
const PAGE_BYTES = 4096n;

/** Gives memory back whose content nobody needs: it reads as zeros, or as it was. Of memory that is its own, as that of a large SharedArrayBuffer. */
export function discardContent(memory: Uint8Array): void {
  const address = addressOf(memory);
  const start = ((address + PAGE_BYTES - 1n) / PAGE_BYTES) * PAGE_BYTES;
  const length = ((address + BigInt(memory.length)) / PAGE_BYTES) * PAGE_BYTES - start;
  if (length > 0n) native.madvise(start, length, MADV_DONTNEED);
}

/**
 * Collects what a burst of work left behind and gives it back to the machine. Takes tens of milliseconds:
 * for a thread that has nothing to do.
 */
export function giveMemoryBack(): void {
  (globalThis as { gc?: () => void }).gc?.();
  native.mallocTrim(0);
}

/** Bytes in memory outside the heap after which the young objects that hold them are collected. */
const HELD_BYTES_MAX = 4 * 1024 * 1024;
let heldBytes = 0;

/**
 * This thread is done with so many bytes that an object of the heap holds outside of it. V8 sees few new objects, but
 * much memory that they hold, and marks the whole heap again for every dozen MiB; they are all young, and dead,
 * and looking at the young ones alone takes a fraction of a millisecond.
 */
export function doneWith(bytes: number): void {
  heldBytes += bytes;
  if (heldBytes < HELD_BYTES_MAX) return;
  heldBytes = 0;
  (globalThis as { gc?: (how?: { type: 'minor' }) => void }).gc?.({ type: 'minor' });
}
