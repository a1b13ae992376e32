import { type Attributes, RANGE_BYTES } from '../changes/change.ts';
import { unpackExtended } from '../changes/extended.ts';
import { BLOCK_BYTES } from '../changes/holes.ts';
import { fromLatin1 } from '../kernel/byte-string.ts';

const SETTLED = 0;
const WANTED = 1;
const ASKED = 2;
/** Came, and could not be written: wanted still, once the item is tried again. */
const REFUSED = 3;
const NONE = fromLatin1('');

/** Which ranges of one file's content are still to come. Pure. */
export class PullPlan {
  attributes: Attributes;
  #sizeBytes = 0;
  #states = new Uint8Array(0);
  /** Ranges into which something was written, and which therefore are no holes any more. Null while there are none, as with every small file. */
  #written: Set<number> | null = null;
  #wanted = 0;
  #asked = 0;
  #refused = 0;
  /** No range before this one is wanted. */
  #cursor = 0;

  constructor(sizeBytes: number, attributes: Attributes) {
    this.attributes = attributes;
    this.resize(sizeBytes, false);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get isComplete(): boolean {
    return this.#wanted === 0 && this.#asked === 0 && this.#refused === 0;
  }

  /** Was anything asked for that has not come? */
  get isUnderWay(): boolean {
    return this.#asked > 0;
  }

  /** Content still to come, asked for or not; the last range counted as a whole. */
  get bytesWaiting(): number {
    return Math.min((this.#wanted + this.#asked + this.#refused) * RANGE_BYTES, this.#sizeBytes);
  }

  /** @param wanted - is what lies beyond the former end to be pulled? */
  resize(sizeBytes: number, wanted: boolean): void {
    const before = this.#states.length;
    const count = Math.ceil(sizeBytes / RANGE_BYTES);
    for (let index = count; index < before; index++) this.#set(index, SETTLED);
    const states = new Uint8Array(count);
    states.set(this.#states.subarray(0, count));
    this.#states = states;
    this.#sizeBytes = sizeBytes;
    if (!wanted) return;
    for (let index = before; index < count; index++) this.#set(index, WANTED);
    if (before < this.#cursor) this.#cursor = before;
  }

  want(offset: number, length: number): void {
    const end = Math.min(Math.ceil((offset + length) / RANGE_BYTES), this.#states.length);
    for (let index = Math.floor(offset / RANGE_BYTES); index < end; index++) {
      if (this.#states[index] !== SETTLED) continue;
      this.#set(index, WANTED);
      this.#cursor = Math.min(this.#cursor, index);
    }
  }

  wantAll(): void {
    this.want(0, this.#sizeBytes);
  }

  /** All of a new file but what lies wholly in its holes: it is zeros already. The end is asked for in any case. */
  wantData(): void {
    this.wantAll();
    for (const { from, count } of unpackExtended(this.attributes.extended ?? NONE)?.holes ?? []) {
      const first = Math.ceil((from * BLOCK_BYTES) / RANGE_BYTES);
      const last = Math.min(Math.floor(((from + count) * BLOCK_BYTES) / RANGE_BYTES), this.#states.length - 1);
      for (let index = first; index < last; index++) this.#set(index, SETTLED);
    }
  }

  settleAll(): void {
    for (let index = 0; index < this.#states.length; index++) this.#set(index, SETTLED);
  }

  /** The next range to ask for, counted as asked from now on. */
  next(): { offset: number; length: number } | null {
    while (this.#cursor < this.#states.length && this.#states[this.#cursor] !== WANTED) this.#cursor++;
    if (this.#cursor >= this.#states.length) return null;
    const offset = this.#cursor * RANGE_BYTES;
    this.#set(this.#cursor, ASKED);
    return { offset, length: RANGE_BYTES };
  }

  /** Is that range still to come? Null: is any? */
  awaits(offset: number | null): boolean {
    if (offset === null) return !this.isComplete;
    const state = this.#states[Math.floor(offset / RANGE_BYTES)];
    return state === WANTED || state === ASKED || state === REFUSED;
  }

  /** What came could not be written. It is not asked for before {@link tryAgain}. */
  refused(offset: number): void {
    const index = Math.floor(offset / RANGE_BYTES);
    if (this.#states[index] === SETTLED) this.#set(index, REFUSED);
  }

  /** What was refused is wanted again. */
  tryAgain(): void {
    if (this.#refused === 0) return;
    for (let index = 0; index < this.#states.length; index++)
      if (this.#states[index] === REFUSED) this.#set(index, WANTED);
    this.#cursor = 0;
  }

  /** @returns false where nobody waits for it. */
  arrived(offset: number): boolean {
    const index = offset / RANGE_BYTES;
    if (!Number.isInteger(index) || this.#states[index] !== ASKED) return false;
    this.#set(index, SETTLED);
    return true;
  }

  wrote(offset: number, length: number): void {
    const end = Math.ceil((offset + length) / RANGE_BYTES);
    this.#written ??= new Set();
    for (let index = Math.floor(offset / RANGE_BYTES); index < end; index++) this.#written.add(index);
  }

  wasWritten(offset: number): boolean {
    return this.#written?.has(Math.floor(offset / RANGE_BYTES)) === true;
  }

  /** What was asked for will not come: the connection broke. All of the item is tried again. */
  lost(): void {
    this.tryAgain();
    for (let index = 0; index < this.#states.length; index++)
      if (this.#states[index] === ASKED) this.#set(index, WANTED);
    this.#cursor = 0;
  }

  #set(index: number, state: number): void {
    const before = this.#states[index];
    if (before === WANTED) this.#wanted--;
    if (before === ASKED) this.#asked--;
    if (before === REFUSED) this.#refused--;
    if (state === WANTED) this.#wanted++;
    if (state === ASKED) this.#asked++;
    if (state === REFUSED) this.#refused++;
    this.#states[index] = state;
  }
}
