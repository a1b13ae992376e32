import type { ByteString } from '../kernel/byte-string.ts';
import { INTEGER_BYTES } from './byte-writer.ts';
import { MalformedRecord } from './malformed-record.ts';

const TWO_32 = 0x1_0000_0000;

/** Reads little-endian values one after the other; every step beyond the end throws MalformedRecord. */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  #at: number;

  /** @param start - where the record begins: offset of the errors. */
  constructor(bytes: Buffer, range: { start: number; at: number; end: number }) {
    this.#bytes = bytes;
    this.#start = range.start;
    this.#at = range.at;
    this.#end = range.end;
  }

  fail(reason: string): never {
    throw new MalformedRecord(reason, this.#start);
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#take(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  u48(): number {
    const at = this.#take(6);
    return this.#bytes.readUInt32LE(at) + this.#bytes.readUInt16LE(at + 4) * TWO_32;
  }

  /** A whole number of INTEGER_BYTES; refused above 2^53 - 1. */
  integer(): number {
    const at = this.#take(INTEGER_BYTES);
    const high = this.#bytes.readUInt16LE(at + 4) + (this.#bytes[at + 6] as number) * 0x1_0000;
    if (high >= 0x20_0000) this.fail('an integer is beyond 53 bits');
    return this.#bytes.readUInt32LE(at) + high * TWO_32;
  }

  /** A whole number of 8 bytes; refused where a double can't hold it exactly. */
  signed(): number {
    const at = this.#take(8);
    const value = this.#bytes.readInt32LE(at + 4) * TWO_32 + this.#bytes.readUInt32LE(at);
    return Number.isSafeInteger(value) ? value : this.fail('a signed integer is beyond 53 bits');
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }

  /** One byte of flags, none beyond `known` set. */
  flags(known: number): number {
    const value = this.u8();
    return (value & ~known) === 0 ? value : this.fail('unknown flags');
  }

  latin1(length: number): ByteString {
    const at = this.#take(length);
    return this.#bytes.toString('latin1', at, at + length) as ByteString;
  }

  /** Not copied: a view into the bytes that are read. */
  view(length: number): Buffer {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  finish(): void {
    if (this.#at !== this.#end) this.fail('bytes are left over');
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#end - at) this.fail('too short');
    this.#at = at + length;
    return at;
  }
}
