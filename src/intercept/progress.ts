import type { NativeMemory } from '../kernel/node-calls.ts';

/** How far the request is that a thread answers. */
export const STAGE = {
  /** Nothing was changed because of it. */
  none: 0,
  /** It may have been, in whole or in part. */
  begun: 1,
  /** It was, or it failed; its outcome stands beside. */
  done: 2,
  /** The reply lies in the thread's memory, and may have been sent. */
  answering: 3,
} as const;

const WORD = { stage: 0, outcome: 1, low: 2, high: 3, otherLow: 4, otherHigh: 5, handle: 6, generation: 7, reply: 8 };
const WORDS = 16;
export const PROGRESS_BYTES = WORDS * 4;

/**
 * How far a thread is with its request, in memory that outlives its process: whoever takes over goes on from there
 * (settlement.ts). The request itself lies in the same memory; its `unique` is 0 once the reply was sent.
 */
export class Progress {
  readonly #words: Int32Array;

  /** @param at - where the words begin in the memory. */
  constructor({ bytes }: NativeMemory, at: number) {
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset + at, WORDS);
  }

  /** One of {@link STAGE}. */
  get stage(): number {
    return Atomics.load(this.#words, WORD.stage);
  }
  /** What the reply was to be, once it is done: as an operation returns it, but for bytes of its body. */
  get outcome(): number {
    return Atomics.load(this.#words, WORD.outcome);
  }
  /** The node that the request's name led to, or the first of its names. */
  get low(): number {
    return Atomics.load(this.#words, WORD.low) >>> 0;
  }
  get high(): number {
    return Atomics.load(this.#words, WORD.high) >>> 0;
  }
  /** The node that the second name led to; 0 where there was none. */
  get otherLow(): number {
    return Atomics.load(this.#words, WORD.otherLow) >>> 0;
  }
  get otherHigh(): number {
    return Atomics.load(this.#words, WORD.otherHigh) >>> 0;
  }
  /** Bytes of the reply that is being sent. */
  get replyBytes(): number {
    return Atomics.load(this.#words, WORD.reply);
  }
  /** The handle that was made for it: its place in the table and its generation; -1 where there is none. */
  get handle(): number {
    return Atomics.load(this.#words, WORD.handle) - 1;
  }
  get generation(): number {
    return Atomics.load(this.#words, WORD.generation) >>> 0;
  }

  /** Before anything is begun: which nodes its names lead to. */
  about(low: number, high: number, otherLow = 0, otherHigh = 0): void {
    const words = this.#words;
    Atomics.store(words, WORD.low, low);
    Atomics.store(words, WORD.high, high);
    Atomics.store(words, WORD.otherLow, otherLow);
    Atomics.store(words, WORD.otherHigh, otherHigh);
  }

  begun(): void {
    Atomics.store(this.#words, WORD.stage, STAGE.begun);
  }

  done(outcome: number): void {
    Atomics.store(this.#words, WORD.outcome, outcome);
    Atomics.store(this.#words, WORD.stage, STAGE.done);
  }

  gave(handle: number, generation: number): void {
    Atomics.store(this.#words, WORD.generation, generation);
    Atomics.store(this.#words, WORD.handle, handle + 1);
  }

  answering(replyBytes: number): void {
    Atomics.store(this.#words, WORD.reply, replyBytes);
    Atomics.store(this.#words, WORD.stage, STAGE.answering);
  }

  /** The request is no more: its `unique` was set to 0. */
  over(): void {
    Atomics.store(this.#words, WORD.handle, 0);
    Atomics.store(this.#words, WORD.stage, STAGE.none);
  }
}
