import { bufferOf, type SharedMemory, type Sleep, sleepOf } from '../kernel/shared-memory.ts';
import { freeWord, takeWord } from './node-locks.ts';

const ENTRIES = 65_536;
const ENTRY_WORDS = 4;
const WORD = { low: 0, high: 1, mark: 2 } as const;
/** Behind the entries: the lock of whoever changes one, a word that stays 0, and how often all were taken away. */
const LOCK = ENTRIES * ENTRY_WORDS;
const NEVER = LOCK + 1;
const CLEARS = LOCK + 2;
export const NODE_MARKS_BYTES = (ENTRIES * ENTRY_WORDS + 3) * 4;
/** The word of a mark: itself, whether its node is a folder, and the generation it belongs to. */
const FOLDER = 2 ** 15;
const MARK_BITS = FOLDER - 1;
const GENERATION_SHIFT = 16;

/**
 * Marks of nodes, in memory that all threads see. Each number has one place: the mark of a file may be lost to that of
 * another node, and then counts as none. That of a folder stays, and what would take its place gets none; so
 * whatever is marked lies in folders that are. Marks of another generation count as none.
 */
export class NodeMarks {
  readonly #words: Int32Array;
  readonly #sleep: Sleep;
  readonly #generation: number;

  constructor(memory: SharedMemory, generation: number) {
    this.#words = new Int32Array(bufferOf(memory));
    this.#sleep = sleepOf(memory);
    this.#generation = generation << GENERATION_SHIFT;
  }

  /** For a process that takes over, before its threads start: whoever was changing a mark has ended. No mark is left. */
  begin(): void {
    Atomics.store(this.#words, LOCK, 0);
    this.clear();
  }

  /** 0 where it has none. */
  get(low: number, high: number): number {
    return this.#wordOf(low, high) & MARK_BITS;
  }

  /** Is the node marked, and a folder? */
  hasFolder(low: number, high: number): boolean {
    return (this.#wordOf(low, high) & FOLDER) !== 0;
  }

  /** Marks the node, where its place is not a folder's. @param mark - more than 0. */
  set(low: number, high: number, mark: number, isFolder: boolean): void {
    const [words, at] = [this.#words, placeOf(low)];
    takeWord(words, LOCK, NEVER, this.#sleep);
    if (this.#isFree(at) || this.#is(at, low, high)) {
      Atomics.store(words, at + WORD.low, 0);
      Atomics.store(words, at + WORD.high, high);
      Atomics.store(words, at + WORD.mark, this.#generation | (isFolder ? FOLDER : 0) | mark);
      Atomics.store(words, at + WORD.low, low);
    }
    freeWord(words, LOCK, this.#sleep);
  }

  /** Takes the node's mark away. */
  remove(low: number, high: number): void {
    const [words, at] = [this.#words, placeOf(low)];
    if (!this.#is(at, low, high)) return;
    takeWord(words, LOCK, NEVER, this.#sleep);
    if (this.#is(at, low, high)) Atomics.store(words, at + WORD.low, 0);
    freeWord(words, LOCK, this.#sleep);
  }

  /** How often all marks were taken away. */
  get clears(): number {
    return Atomics.load(this.#words, CLEARS);
  }

  /** Takes all marks away. */
  clear(): void {
    const words = this.#words;
    Atomics.add(words, CLEARS, 1);
    takeWord(words, LOCK, NEVER, this.#sleep);
    for (let at = 0; at < LOCK; at += ENTRY_WORDS) Atomics.store(words, at + WORD.low, 0);
    freeWord(words, LOCK, this.#sleep);
  }

  #wordOf(low: number, high: number): number {
    const [words, at] = [this.#words, placeOf(low)];
    if (!this.#is(at, low, high)) return 0;
    const word = Atomics.load(words, at + WORD.mark);
    // Another one may have taken its place meanwhile.
    return this.#isOwn(word) && this.#is(at, low, high) ? word : 0;
  }

  #isFree(at: number): boolean {
    const word = Atomics.load(this.#words, at + WORD.mark);
    return Atomics.load(this.#words, at + WORD.low) === 0 || (word & FOLDER) === 0 || !this.#isOwn(word);
  }

  #isOwn(word: number): boolean {
    return (word & ~(FOLDER | MARK_BITS)) === this.#generation;
  }

  #is(at: number, low: number, high: number): boolean {
    const words = this.#words;
    return Atomics.load(words, at + WORD.low) === (low | 0) && Atomics.load(words, at + WORD.high) === (high | 0);
  }
}

function placeOf(low: number): number {
  return (low % ENTRIES) * ENTRY_WORDS;
}
