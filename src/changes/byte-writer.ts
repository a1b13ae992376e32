import { assert } from '../kernel/assert.ts';
import { copyBytes } from '../kernel/bytes.ts';

const TWO_32 = 0x1_0000_0000;
const WIDE = /[\u0100-\uffff]/;

/** Bytes of an integer that may take all of a double's 53 bits. */
export const INTEGER_BYTES = 7;

/** Writes little-endian values one after the other into a buffer of exactly the right size. */
export class ByteWriter {
  readonly bytes: Buffer;
  #at = 0;

  /** @param bytes - where it is written, of that size. */
  constructor(sizeBytes: number, bytes: Buffer = Buffer.allocUnsafe(sizeBytes)) {
    this.bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  u8(value: number): void {
    this.bytes[this.#at] = value;
    this.#at += 1;
  }

  u16(value: number): void {
    this.bytes.writeUInt16LE(value, this.#at);
    this.#at += 2;
  }

  u32(value: number): void {
    this.bytes.writeUInt32LE(value, this.#at);
    this.#at += 4;
  }

  u48(value: number): void {
    this.bytes.writeUInt32LE(value % TWO_32, this.#at);
    this.bytes.writeUInt16LE(Math.floor(value / TWO_32), this.#at + 4);
    this.#at += 6;
  }

  /** A whole number from 0 to 2^53 - 1, in INTEGER_BYTES. */
  integer(value: number): void {
    const high = Math.floor(value / TWO_32);
    this.bytes.writeUInt32LE(value % TWO_32, this.#at);
    this.bytes.writeUInt16LE(high & 0xffff, this.#at + 4);
    this.bytes[this.#at + 6] = high >>> 16;
    this.#at += INTEGER_BYTES;
  }

  /** A whole number, negative or not, in 8 bytes. */
  signed(value: number): void {
    const high = Math.floor(value / TWO_32);
    this.bytes.writeUInt32LE(value - high * TWO_32, this.#at);
    this.bytes.writeInt32LE(high, this.#at + 4);
    this.#at += 8;
  }

  u64(value: bigint): void {
    this.bytes.writeBigUInt64LE(value, this.#at);
    this.#at += 8;
  }

  /** One byte a character. */
  latin1(value: string): void {
    assert(!WIDE.test(value), 'a byte string holds one byte in each character');
    this.#at += this.bytes.write(value, this.#at, 'latin1');
  }

  raw(value: Uint8Array): void {
    copyBytes(value, this.bytes, this.#at);
    this.#at += value.length;
  }

  /** The finished buffer. */
  finish(): Buffer {
    assert(this.#at === this.bytes.length, 'the size was computed exactly');
    return this.bytes;
  }
}
