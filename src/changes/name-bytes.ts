import { assert } from '../kernel/assert.ts';
import type { ByteString } from '../kernel/byte-string.ts';

const CHUNK_BYTES = 256 * 1024;
/** Below this much nothing is gained by moving names together. */
const WASTE_BYTES_MIN = 4 * CHUNK_BYTES;

/** The bytes of many names, one behind the other: a string of its own would take three times as much for each. */
export class NameBytes {
  #chunks: Buffer[] = [];
  #used = CHUNK_BYTES;
  #bytes = 0;
  #wasted = 0;

  /** Is more wasted than used, so that all names should be put into another one of these? */
  get isWasteful(): boolean {
    return this.#wasted > WASTE_BYTES_MIN && this.#wasted > this.#bytes - this.#wasted;
  }

  /** @returns where it lies. */
  add(name: ByteString): number {
    assert(name.length <= CHUNK_BYTES, 'a name is far shorter than a chunk');
    if (this.#used + name.length > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
      this.#used = 0;
    }
    const chunk = this.#chunks.at(-1) as Buffer;
    chunk.write(name, this.#used, 'latin1');
    const address = (this.#chunks.length - 1) * CHUNK_BYTES + this.#used;
    this.#used += name.length;
    this.#bytes += name.length;
    return address;
  }

  /** It is not needed any more. */
  waste(length: number): void {
    this.#wasted += length;
  }

  read(address: number, length: number): ByteString {
    const at = address % CHUNK_BYTES;
    return this.#chunk(address).toString('latin1', at, at + length) as ByteString;
  }

  equals(address: number, name: ByteString): boolean {
    const chunk = this.#chunk(address);
    const at = address % CHUNK_BYTES;
    for (let index = 0; index < name.length; index += 1) if (chunk[at + index] !== name.charCodeAt(index)) return false;
    return true;
  }

  #chunk(address: number): Buffer {
    return this.#chunks[Math.floor(address / CHUNK_BYTES)] as Buffer;
  }
}
