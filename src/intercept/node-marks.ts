import { bufferOf, type SharedMemory, type Sleep, sleepOf } from '../kernel/shared-memory.ts';
import { freeWord, takeWord } from './node-locks.ts';

const ENTRIES = 65_536;
const ENTRY_WORDS = 4;
const WORD = { low: 0, high: 1, mark: 2 } as const;
/** Behind the entries: the lock of whoever changes one, and a word that stays 0. */
const LOCK = ENTRIES * ENTRY_WORDS;
const NEVER = LOCK + 1;
export const NODE_MARKS_BYTES = (ENTRIES * ENTRY_WORDS + 2) * 4;

/**
 * Marks of nodes, in memory that all threads see. Each number has one place: a mark may be lost to that of another
 * node, and then counts as none.
 */
export class NodeMarks {
  readonly #words: Int32Array;

  readonly #sleep: Sleep;

  constructor(memory: SharedMemory) {
    this.#words = new Int32Array(bufferOf(memory));
    this.#sleep = sleepOf(memory);
  }

  /** For a process that takes over, before its threads start: whoever was changing a mark has ended. */
  begin(): void {
    Atomics.store(this.#words, LOCK, 0);
  }

  /** 0 where it has none. */
  get(low: number, high: number): number {
    const [words, at] = [this.#words, placeOf(low)];
    if (!this.#is(at, low, high)) return 0;
    const mark = Atomics.load(words, at + WORD.mark);
    // Another one may have taken its place meanwhile.
    return this.#is(at, low, high) ? mark : 0;
  }

  /** @param mark - 0 takes it away. */
  set(low: number, high: number, mark: number): void {
    const [words, at] = [this.#words, placeOf(low)];
    takeWord(words, LOCK, NEVER, this.#sleep);
    if (mark !== 0) {
      Atomics.store(words, at + WORD.low, 0);
      Atomics.store(words, at + WORD.high, high);
      Atomics.store(words, at + WORD.mark, mark);
      Atomics.store(words, at + WORD.low, low);
    } else if (this.#is(at, low, high)) Atomics.store(words, at + WORD.low, 0);
    freeWord(words, LOCK, this.#sleep);
  }

  /** Takes all marks away. */
  clear(): void {
    const words = this.#words;
    takeWord(words, LOCK, NEVER, this.#sleep);
    for (let at = 0; at < LOCK; at += ENTRY_WORDS) Atomics.store(words, at + WORD.low, 0);
    freeWord(words, LOCK, this.#sleep);
  }

  #is(at: number, low: number, high: number): boolean {
    const words = this.#words;
    return Atomics.load(words, at + WORD.low) === (low | 0) && Atomics.load(words, at + WORD.high) === (high | 0);
  }
}

function placeOf(low: number): number {
  return (low % ENTRIES) * ENTRY_WORDS;
}
