/** The first few of many in order; holds at most twice as many as are asked for. */
export class Smallest<T> {
  readonly #count: number;
  readonly #compare: (a: T, b: T) => number;
  readonly #kept: T[] = [];
  #bound: T | undefined;

  /** @param isBefore - a total order. */
  constructor(count: number, isBefore: (a: T, b: T) => boolean) {
    this.#count = count;
    this.#compare = (a, b) => (isBefore(a, b) ? -1 : 1);
  }

  /** What comes after this one is not among them; undefined while that is not known. */
  get bound(): T | undefined {
    return this.#bound;
  }

  add(one: T): void {
    if (this.#bound !== undefined && this.#compare(this.#bound, one) < 0) return;
    this.#kept.push(one);
    if (this.#kept.length >= 2 * this.#count) this.#cut();
  }

  sorted(): readonly T[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept.sort(this.#compare);
    if (this.#kept.length < this.#count) return;
    this.#kept.length = this.#count;
    this.#bound = this.#kept[this.#count - 1];
  }
}
