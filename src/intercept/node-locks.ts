import { bufferOf, type SharedMemory, type Sleep, sleepOf } from '../kernel/shared-memory.ts';

/** Bits of a node's number that choose its lock: more of them, and fewer nodes share one. */
const STRIPES = 1024;
/** Behind the locks: 1 once nobody may wait any more. */
const OVER = STRIPES;
export const NODE_LOCKS_BYTES = (STRIPES + 1) * 4;
/** So long after it is over a waiter notices at the latest; whoever held the lock may never free it. */
const LOOK_EVERY_MS = 500;

const FREE = 0;
const TAKEN = 1;
/** Taken, and somebody may sleep until it is free. */
const AWAITED = 2;

/** It is over for all who wait: what a lock guards is served no more. */
export class LocksOver extends Error {
  override readonly name = 'LocksOver';
}

/**
 * Locks that keep two threads from changing one node at once, so that their order in the ring is the order
 * in which they were applied. In memory that all threads see.
 *
 * A thread takes its locks before it takes room in the ring, never after: who waits for room may hold a lock.
 */
export class NodeLocks {
  readonly #words: Int32Array;
  readonly #sleep: Sleep;

  constructor(memory: SharedMemory) {
    this.#words = new Int32Array(bufferOf(memory), 0, STRIPES + 1);
    this.#sleep = sleepOf(memory);
  }

  /** Nobody waits any more, for a thread that died does not free what it held. */
  end(): void {
    Atomics.store(this.#words, OVER, 1);
  }

  get isOver(): boolean {
    return Atomics.load(this.#words, OVER) === 1;
  }

  /** @throws LocksOver where it was waited for in vain; so do the others. */
  take(nodeLow: number): void {
    this.#take(nodeLow % STRIPES);
  }

  free(nodeLow: number): void {
    this.#free(nodeLow % STRIPES);
  }

  /** Both, in an order in which no two threads can wait for each other. */
  takeBoth(one: number, other: number): void {
    const [a, b] = [one % STRIPES, other % STRIPES];
    this.#take(Math.min(a, b));
    if (a !== b) this.#take(Math.max(a, b));
  }

  /** Every one: nothing is changed meanwhile that takes one. */
  takeAll(): void {
    for (let stripe = 0; stripe < STRIPES; stripe++) this.#take(stripe);
  }

  freeAll(): void {
    for (let stripe = 0; stripe < STRIPES; stripe++) this.#free(stripe);
  }

  freeBoth(one: number, other: number): void {
    const [a, b] = [one % STRIPES, other % STRIPES];
    this.#free(a);
    if (a !== b) this.#free(b);
  }

  #take(stripe: number): void {
    if (!takeWord(this.#words, stripe, OVER, this.#sleep)) throw new LocksOver('the locks of a mount are over');
  }

  #free(stripe: number): void {
    freeWord(this.#words, stripe, this.#sleep);
  }
}

/**
 * Takes a lock that is a word of shared memory.
 * @param over - the word that is 1 once nobody is to wait any more.
 * @returns false where that ended the wait.
 */
export function takeWord(words: Int32Array, at: number, over: number, sleep: Sleep): boolean {
  if (Atomics.compareExchange(words, at, FREE, TAKEN) === FREE) return true;
  while (Atomics.exchange(words, at, AWAITED) !== FREE) {
    if (Atomics.load(words, over) === 1) return false;
    sleep.wait(words, at, AWAITED, LOOK_EVERY_MS);
  }
  return true;
}

export function freeWord(words: Int32Array, at: number, sleep: Sleep): void {
  if (Atomics.exchange(words, at, FREE) === AWAITED) sleep.wake(words, at, 1);
}
