/** Bits of a node's number that choose its lock: more of them, and fewer nodes share one. */
const STRIPES = 1024;
export const NODE_LOCKS_BYTES = STRIPES * 4;

const FREE = 0;
const TAKEN = 1;
/** Taken, and somebody may sleep until it is free. */
const AWAITED = 2;

/**
 * Locks that keep two threads from changing one node at once, so that their order in the ring is the order
 * in which they were applied. In memory that all threads see.
 */
export class NodeLocks {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, STRIPES);
  }

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

  freeBoth(one: number, other: number): void {
    const [a, b] = [one % STRIPES, other % STRIPES];
    this.#free(a);
    if (a !== b) this.#free(b);
  }

  #take(stripe: number): void {
    takeWord(this.#words, stripe);
  }

  #free(stripe: number): void {
    freeWord(this.#words, stripe);
  }
}

/** Takes a lock that is a word of shared memory. */
export function takeWord(words: Int32Array<SharedArrayBuffer>, at: number): void {
  if (Atomics.compareExchange(words, at, FREE, TAKEN) === FREE) return;
  while (Atomics.exchange(words, at, AWAITED) !== FREE) Atomics.wait(words, at, AWAITED);
}

export function freeWord(words: Int32Array<SharedArrayBuffer>, at: number): void {
  if (Atomics.exchange(words, at, FREE) === AWAITED) Atomics.notify(words, at, 1);
}
