const PLACES = 4096;
const WORDS = 2;
const WORD = { low: 0, high: 1 } as const;
const NONE = 0;
export const PLAIN_FILES_BYTES = PLACES * WORDS * 4;

/**
 * Files that were made through the mount and have got no capabilities since (`security.capability`, which nothing gives a
 * file when it is made). The kernel asks for these before the first write to a file, and at each change of its owner.
 * In memory that all threads of a mount see; a file that another one takes the place of is asked about underneath.
 */
export class PlainFiles {
  readonly #words: Int32Array;

  /** @param at - where they begin, in bytes. */
  constructor(memory: SharedArrayBuffer, at: number) {
    this.#words = new Int32Array(memory, at, PLACES * WORDS);
  }

  /** It was made, and nobody knows of it yet. */
  add(low: number, high: number): void {
    const [words, at] = [this.#words, placeOf(low)];
    Atomics.store(words, at + WORD.low, NONE);
    Atomics.store(words, at + WORD.high, high);
    Atomics.store(words, at + WORD.low, low);
  }

  has(low: number, high: number): boolean {
    const [words, at] = [this.#words, placeOf(low)];
    return Atomics.load(words, at + WORD.low) === (low | 0) && Atomics.load(words, at + WORD.high) === (high | 0);
  }

  /** Before it is given any. */
  remove(low: number): void {
    Atomics.compareExchange(this.#words, placeOf(low) + WORD.low, low, NONE);
  }

  /** Others may give some to any of them from now on. */
  clear(): void {
    for (let place = 0; place < PLACES; place++) Atomics.store(this.#words, place * WORDS + WORD.low, NONE);
  }
}

function placeOf(low: number): number {
  return (low % PLACES) * WORDS;
}
