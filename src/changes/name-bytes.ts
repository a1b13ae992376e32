import { assert } from '../kernel/assert.ts';
import type { ByteString } from '../kernel/byte-string.ts';

const CHUNK_BYTES = 256 * 1024;
/** Below this much nothing is gained by moving names together. */
const WASTE_BYTES_MIN = 4 * CHUNK_BYTES;
/** In front of a name stands its length in one byte, or a zero and its length in four. */
const SHORT_BYTES_MAX = 255;
const LONG_HEAD_BYTES = 5;

const NOTHING = Buffer.alloc(0);

/** The bytes of many names, one behind the other: a string of its own would take three times as much for each. */
export class NameBytes {
  readonly #chunks: Buffer[] = [];
  readonly #seed: number;
  #used = CHUNK_BYTES;
  #bytes = 0;
  #wasted = 0;

  /** @param seed - of the hashes: whoever does not know it can't choose names that collide. */
  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** Is more wasted than used, so that all names should be put into another one of these? */
  get isWasteful(): boolean {
    return this.#wasted > WASTE_BYTES_MIN && this.#wasted > this.#bytes - this.#wasted;
  }

  /** @returns its address. */
  add(name: ByteString): number {
    const isShort = name.length > 0 && name.length <= SHORT_BYTES_MAX;
    const bytes = (isShort ? 1 : LONG_HEAD_BYTES) + name.length;
    assert(bytes <= CHUNK_BYTES, 'a name is far shorter than a chunk');
    if (this.#used + bytes > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
      this.#used = 0;
    }
    const chunk = this.#chunks.at(-1) as Buffer;
    const address = (this.#chunks.length - 1) * CHUNK_BYTES + this.#used;
    if (isShort) {
      chunk[this.#used] = name.length;
    } else {
      chunk[this.#used] = 0;
      chunk.writeUInt32LE(name.length, this.#used + 1);
    }
    chunk.write(name, this.#used + bytes - name.length, 'latin1');
    this.#used += bytes;
    this.#bytes += bytes;
    return address;
  }

  /** What lies there is not needed any more. */
  waste(address: number): void {
    const { from, end } = this.#placeOf(address);
    this.#wasted += end - from;
  }

  /** What lies before an address is not needed any more. */
  forgetBefore(address: number): void {
    for (let chunk = Math.floor(address / CHUNK_BYTES) - 1; chunk >= 0; chunk -= 1) {
      if (this.#chunks[chunk] === NOTHING) return;
      this.#chunks[chunk] = NOTHING;
    }
  }

  read(address: number): ByteString {
    const { chunk, from, end } = this.#placeOf(address);
    return chunk.toString('latin1', from, end) as ByteString;
  }

  equals(address: number, name: ByteString): boolean {
    const { chunk, from, end } = this.#placeOf(address);
    if (end - from !== name.length) return false;
    for (let index = 0; index < name.length; index += 1) {
      if (chunk[from + index] !== name.charCodeAt(index)) return false;
    }
    return true;
  }

  /** Which of two names comes first, in the order of their bytes: below 0 the first, 0 where they are the same. */
  compare(address: number, other: number): number {
    const left = this.#placeOf(address);
    const right = this.#placeOf(other);
    const common = Math.min(left.end - left.from, right.end - right.from);
    for (let index = 0; index < common; index += 1) {
      const difference = (left.chunk[left.from + index] as number) - (right.chunk[right.from + index] as number);
      if (difference !== 0) return difference;
    }
    return left.end - left.from - (right.end - right.from);
  }

  /** The same of a name and a text. */
  compareText(address: number, text: ByteString): number {
    const { chunk, from, end } = this.#placeOf(address);
    const common = Math.min(end - from, text.length);
    for (let index = 0; index < common; index += 1) {
      const difference = (chunk[from + index] as number) - text.charCodeAt(index);
      if (difference !== 0) return difference;
    }
    return end - from - text.length;
  }

  /** Of a name in a folder; 32 bits. */
  hash(folder: number, name: ByteString): number {
    let hash = this.#begin(folder);
    for (let index = 0; index < name.length; index += 1) hash = mixed(hash, name.charCodeAt(index));
    return ended(hash);
  }

  /** The same of a name that is here. */
  hashAt(folder: number, address: number): number {
    const { chunk, from, end } = this.#placeOf(address);
    let hash = this.#begin(folder);
    for (let at = from; at < end; at += 1) hash = mixed(hash, chunk[at] as number);
    return ended(hash);
  }

  #begin(folder: number): number {
    return Math.imul(folder ^ this.#seed, 0x9e3779b1);
  }

  #placeOf(address: number): { readonly chunk: Buffer; readonly from: number; readonly end: number } {
    const chunk = this.#chunks[Math.floor(address / CHUNK_BYTES)] as Buffer;
    const at = address % CHUNK_BYTES;
    const short = chunk[at] as number;
    if (short > 0) return { chunk, from: at + 1, end: at + 1 + short };
    const from = at + LONG_HEAD_BYTES;
    return { chunk, from, end: from + chunk.readUInt32LE(at + 1) };
  }
}

function mixed(hash: number, byte: number): number {
  const next = Math.imul(hash ^ byte, 0x85ebca6b);
  return next ^ (next >>> 15);
}

function ended(hash: number): number {
  const last = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return last ^ (last >>> 16);
}
