import { assert } from '../kernel/assert.ts';
import type { SharedMemory } from '../kernel/shared-memory.ts';
import { openRing, type RingMemory, THREADS_MAX, TURNS_FROM, WORD } from './ring-memory.ts';

const LOOK_MS = 0.05;

/** A thread's turns: its word is odd while it answers a request. */
export class Turn {
  readonly #words: RingMemory['words'];
  readonly #at: number;

  /** @param thread - its number among those that use the ring. */
  constructor(memory: SharedMemory, thread: number) {
    assert(thread >= 0 && thread < THREADS_MAX, 'a thread has a word of its own');
    this.#words = openRing(memory).words;
    this.#at = TURNS_FROM + thread;
  }

  begin(): void {
    Atomics.add(this.#words, this.#at, 1);
  }

  end(): void {
    Atomics.add(this.#words, this.#at, 1);
  }
}

/**
 * Tells when all requests that were being answered at some moment have been: then whatever anybody could see of
 * their effects at that moment is in the ring.
 */
export class Turns {
  readonly #words: RingMemory['words'];
  readonly #sleep: RingMemory['sleep'];
  /** Threads that answered a request at that moment, with their words then. */
  readonly #awaited = new Map<number, number>();

  constructor(memory: SharedMemory) {
    const { words, sleep } = openRing(memory);
    [this.#words, this.#sleep] = [words, sleep];
  }

  /** The moment is now. */
  begin(): void {
    this.#awaited.clear();
    for (let thread = 0; thread < THREADS_MAX; thread++) {
      const word = Atomics.load(this.#words, TURNS_FROM + thread);
      if ((word & 1) === 1) this.#awaited.set(thread, word);
    }
  }

  isOver(): boolean {
    for (const [thread, word] of this.#awaited) {
      if (Atomics.load(this.#words, TURNS_FROM + thread) === word) return false;
      this.#awaited.delete(thread);
    }
    return true;
  }

  /** Waits for it, up to `timeoutMs`. @returns false where that was too short. */
  awaitEnd(timeoutMs: number): boolean {
    for (let waitedMs = 0; !this.isOver(); waitedMs += LOOK_MS) {
      if (waitedMs >= timeoutMs) return false;
      this.#sleep.wait(this.#words, WORD.gate, Atomics.load(this.#words, WORD.gate), LOOK_MS);
    }
    return true;
  }
}
