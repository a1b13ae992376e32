import { must } from '../kernel/assert.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { NameSink } from '../kernel/files.ts';
import { NameBytes } from './name-bytes.ts';

/** Up to so many names are kept as strings. */
const FEW_MAX = 4096;
const PLACES_MIN = 2 * FEW_MAX;

/** Names that somebody else holds. */
export interface KnownNames {
  readonly size: number;
  has(name: ByteString): boolean;
  keys(): Iterable<ByteString>;
}

/**
 * Names of one folder, each once. Of many only the bytes are kept, and where those of each begin: a string takes
 * three times as much, and in the heap, where every search for garbage goes through it.
 */
export class NameList implements NameSink, Iterable<ByteString> {
  readonly #fewMax: number;
  /** Null where they are too many. */
  #few: ByteString[] | null = [];
  #bytes: NameBytes | null = null;
  /** Of the names in `bytes`, in the order of the list. */
  #places = new Uint32Array(0);
  #length = 0;
  #isSorted = true;
  /** Are the bytes of each name behind those of the one before? */
  #isAsAdded = true;

  constructor(fewMax = FEW_MAX) {
    this.#fewMax = fewMax;
  }

  static of(names: Iterable<ByteString>): NameList {
    const list = new NameList();
    for (const name of names) list.push(name);
    return list;
  }

  get length(): number {
    return this.#length;
  }

  /** @param index - below the length. */
  at(index: number): ByteString {
    const few = this.#few;
    return few === null ? this.#held.read(this.#places[index] as number) : (few[index] as ByteString);
  }

  *[Symbol.iterator](): IterableIterator<ByteString> {
    for (let index = 0; index < this.#length; index += 1) yield this.at(index);
  }

  push(name: ByteString): void {
    this.#isSorted = false;
    if (this.#few !== null && this.#length >= this.#fewMax) this.#pack(this.#few);
    if (this.#few === null) this.#append(name);
    else this.#few.push(name);
    this.#length += 1;
  }

  /** Nobody will ask for those before `index` any more. Gives back what they took, where the list was never sorted. */
  forgetBefore(index: number): void {
    if (this.#few !== null || !this.#isAsAdded || index >= this.#length) return;
    this.#held.forgetBefore(this.#places[index] as number);
  }

  /** In the order of their bytes from now on. */
  sort(): this {
    if (this.#isSorted) return this;
    if (this.#few === null) {
      const bytes = this.#held;
      this.#isAsAdded = false;
      const places = this.#places.subarray(0, this.#length);
      this.#places = sortedBy(places, (one, other) => bytes.compare(one, other));
    } else {
      this.#few.sort();
    }
    this.#isSorted = true;
    return this;
  }

  /** Where the first name stands that sorts after `after`, in a sorted list. */
  firstAfter(after: ByteString): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle) > after) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Of a sorted list. */
  has(name: ByteString): boolean {
    const end = this.firstAfter(name);
    return end > 0 && this.at(end - 1) === name;
  }

  /** Takes in what is not in the list, into its order, which must be sorted. */
  merge(arrived: Iterable<ByteString>): void {
    const added = new Set<ByteString>();
    for (const name of arrived) if (!this.has(name)) added.add(name);
    if (added.size === 0) return;
    const names = [...added].sort();
    this.#isAsAdded = false;
    if (this.#few !== null && this.#length + names.length > this.#fewMax) this.#pack(this.#few);
    if (this.#few === null) this.#mergePlaces(names);
    else this.#few = this.#merged(this.#few, names);
    this.#length += names.length;
  }

  /** In the same order. */
  filter(isWanted: (name: ByteString) => boolean): NameList {
    const wanted = new NameList(this.#fewMax);
    for (let index = 0; index < this.#length; index += 1) {
      const name = this.at(index);
      if (isWanted(name)) wanted.push(name);
    }
    return wanted;
  }

  /** Those known elsewhere that the list does not have. May bring the list into order. */
  lacking(known: KnownNames): NameList {
    const lacking = new NameList(this.#fewMax);
    let found = 0;
    for (let index = 0; index < this.#length; index += 1) if (known.has(this.at(index))) found += 1;
    if (found === known.size) return lacking;
    this.sort();
    for (const name of known.keys()) if (!this.has(name)) lacking.push(name);
    return lacking;
  }

  get #held(): NameBytes {
    return must(this.#bytes, 'the bytes of many names');
  }

  #pack(few: readonly ByteString[]): void {
    this.#few = null;
    this.#bytes = new NameBytes(0);
    this.#places = new Uint32Array(PLACES_MIN);
    for (const [index, name] of few.entries()) this.#places[index] = this.#bytes.add(name);
  }

  #append(name: ByteString): void {
    if (this.#length >= this.#places.length) {
      const count = Math.ceil(this.#length * 1.5) + 1;
      this.#places = new Uint32Array(this.#places.buffer.transfer(count * Uint32Array.BYTES_PER_ELEMENT));
    }
    this.#places[this.#length] = this.#held.add(name);
  }

  /** @param names - sorted, and none in the list. */
  #merged(few: readonly ByteString[], names: readonly ByteString[]): ByteString[] {
    const all: ByteString[] = [];
    let next = 0;
    for (const name of names) {
      const end = this.firstAfter(name);
      while (next < end) all.push(few[next++] as ByteString);
      all.push(name);
    }
    while (next < few.length) all.push(few[next++] as ByteString);
    return all;
  }

  #mergePlaces(names: readonly ByteString[]): void {
    const all = new Uint32Array(this.#length + names.length);
    let next = 0;
    for (const [index, name] of names.entries()) {
      const end = this.firstAfter(name);
      all.set(this.#places.subarray(next, end), next + index);
      all[end + index] = this.#held.add(name);
      next = end;
    }
    all.set(this.#places.subarray(next, this.#length), next + names.length);
    this.#places = all;
  }
}

/** Sorts by merging runs that double each time: the order takes no memory of the heap. The values are gone then. */
function sortedBy(
  values: Uint32Array<ArrayBuffer>,
  compare: (one: number, other: number) => number,
): Uint32Array<ArrayBuffer> {
  let from = values;
  let to = new Uint32Array(values.length);
  for (let run = 1; run < values.length; run *= 2) {
    for (let start = 0; start < values.length; start += 2 * run) mergeRuns(from, to, { start, run, compare });
    [from, to] = [to, from];
  }
  // What is left to be collected counts as used for some seconds.
  to.buffer.transfer(0);
  return from;
}

function mergeRuns(
  from: Uint32Array,
  to: Uint32Array,
  at: { start: number; run: number; compare: (one: number, other: number) => number },
): void {
  const { start, run, compare } = at;
  const middle = Math.min(start + run, from.length);
  const end = Math.min(start + 2 * run, from.length);
  const isInOrder = middle === end || compare(from[middle - 1] as number, from[middle] as number) <= 0;
  if (isInOrder) return to.set(from.subarray(start, end), start);
  let left = start;
  let right = middle;
  for (let out = start; out < end; out += 1) {
    const isLeft = right >= end || (left < middle && compare(from[left] as number, from[right] as number) <= 0);
    to[out] = from[isLeft ? left++ : right++] as number;
  }
}
