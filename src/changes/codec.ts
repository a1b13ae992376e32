import { assert } from '../kernel/assert.ts';
import { asBuffer } from '../kernel/bytes.ts';
import { type Change, type Position, RECORD_BYTES_MAX } from './change.ts';
import { bodyBytes, KIND_NUMBERS, readBody, writeBody } from './change-body.ts';
import { isWhole, objectionTo } from './change-rules.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { checksum } from './checksum.ts';
import { MalformedRecord } from './malformed-record.ts';
import type { ReusedMemory } from './reused-memory.ts';

/*
 * A record, all numbers little-endian. It is the same on disk and on the wire, so that a queue hands
 * on what it holds without looking inside.
 *
 *   0  u32  length of the whole record
 *   4  u32  CRC-32 of everything from byte 8 on
 *   8  u8   format version
 *   9  u8   kind
 *  10  u32  epoch
 *  14  u48  sequence
 *  20       body, by kind (change-body.ts)
 */

const FORMAT_VERSION = 1;
/** Bytes of a record before its body. */
export const RECORD_HEADER_BYTES = 20;
const CHECKED_FROM = 8;
const SEQUENCE_MAX = 2 ** 48 - 1;

export interface DecodedRecord {
  readonly position: Position;
  /** Content is a view into the bytes that were decoded. */
  readonly change: Change;
  /** Of the whole record: the next one begins this much further. */
  readonly length: number;
}

/** Exact length of the record a change makes: what producers keep under RECORD_BYTES_MAX. */
export function recordBytes(change: Change): number {
  return RECORD_HEADER_BYTES + bodyBytes(change);
}

/**
 * One record. Content is copied once. A change that breaks the rules of
 * change-rules.ts or makes a record longer than RECORD_BYTES_MAX is a bug of the caller.
 * @param memory - where it is put; by default memory of its own.
 */
export function encodeChange(position: Position, change: Change, memory?: ReusedMemory): Buffer {
  assert(isRecordPosition(position), 'a record has a position from 1 on');
  const objection = objectionTo(change);
  assert(objection === null, `${change.kind} record: ${objection}`);
  const length = recordBytes(change);
  assert(length <= RECORD_BYTES_MAX, `${change.kind} record of ${length} bytes fits`);
  const out = new ByteWriter(length, memory?.take(length));
  out.u32(length);
  out.u32(0);
  out.u8(FORMAT_VERSION);
  out.u8(KIND_NUMBERS[change.kind]);
  out.u32(position.epoch);
  out.u48(position.sequence);
  writeBody(out, change);
  const bytes = out.finish();
  bytes.writeUInt32LE(checksum(bytes.subarray(CHECKED_FROM)), 4);
  return bytes;
}

/**
 * Length of the record that begins at `offset`, all of which lies in `bytes`. Nothing else is checked.
 * @throws MalformedRecord
 */
export function recordLengthAt(bytes: Uint8Array, offset: number): number {
  const available = bytes.length - offset;
  if (available < RECORD_HEADER_BYTES) throw new MalformedRecord('too short', offset);
  const length = u32At(bytes, offset);
  if (length < RECORD_HEADER_BYTES || length > RECORD_BYTES_MAX) {
    throw new MalformedRecord('length out of bounds', offset);
  }
  if (length > available) throw new MalformedRecord('too short', offset);
  return length;
}

/** Position of the record at `offset`; its header must lie in `bytes`, and nothing is checked. */
export function peekPosition(bytes: Uint8Array, offset: number): Position {
  if (bytes.length - offset < RECORD_HEADER_BYTES) throw new MalformedRecord('too short', offset);
  return {
    epoch: u32At(bytes, offset + 10),
    sequence:
      u32At(bytes, offset + 14) + (byteAt(bytes, offset + 18) + byteAt(bytes, offset + 19) * 256) * 0x1_0000_0000,
  };
}

/**
 * Checks everything about a record but its body: length, checksum, version, kind, position.
 * @returns its length.
 * @throws MalformedRecord
 */
export function checkRecord(bytes: Uint8Array, offset: number): number {
  const length = recordLengthAt(bytes, offset);
  if (checksum(bytes.subarray(offset + CHECKED_FROM, offset + length)) !== u32At(bytes, offset + 4)) {
    throw new MalformedRecord('checksum differs', offset);
  }
  if (byteAt(bytes, offset + 8) !== FORMAT_VERSION) throw new MalformedRecord('unknown format version', offset);
  const kind = byteAt(bytes, offset + 9);
  if (kind === 0 || kind > KIND_NUMBERS.registry) throw new MalformedRecord('unknown kind', offset);
  if (!isRecordPosition(peekPosition(bytes, offset))) throw new MalformedRecord('sequence is zero', offset);
  return length;
}

/**
 * Decodes the record that begins at `offset`. Never allocates more than a small multiple of the
 * record's bytes.
 * @throws MalformedRecord with the first thing found wrong.
 */
export function decodeRecord(bytes: Uint8Array, offset = 0): DecodedRecord {
  const length = checkRecord(bytes, offset);
  const reader = new ByteReader(asBuffer(bytes), {
    start: offset,
    at: offset + RECORD_HEADER_BYTES,
    end: offset + length,
  });
  const change = readBody(reader, byteAt(bytes, offset + 9));
  reader.finish();
  const objection = objectionTo(change);
  if (objection !== null) throw new MalformedRecord(objection, offset);
  return { position: peekPosition(bytes, offset), change, length };
}

/**
 * Decodes a batch, record by record.
 * @throws MalformedRecord when it comes to a bad record; those before it were handed over.
 */
export function* readRecords(bytes: Uint8Array): Generator<DecodedRecord, void, undefined> {
  const buffer = asBuffer(bytes);
  for (let offset = 0; offset < buffer.length; ) {
    const record = decodeRecord(buffer, offset);
    yield record;
    offset += record.length;
  }
}

/** Does `next` come right after `previous` in the stream: the next of its epoch, or the first of a later one? */
export function isNext(previous: Position, next: Position): boolean {
  return next.epoch === previous.epoch
    ? next.sequence === previous.sequence + 1
    : next.epoch > previous.epoch && next.sequence === 1;
}

function isRecordPosition(position: Position): boolean {
  return (
    isWhole(position.epoch) &&
    position.epoch <= 0xffffffff &&
    isWhole(position.sequence) &&
    position.sequence >= 1 &&
    position.sequence <= SEQUENCE_MAX
  );
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function u32At(bytes: Uint8Array, at: number): number {
  return (
    (byteAt(bytes, at) |
      (byteAt(bytes, at + 1) << 8) |
      (byteAt(bytes, at + 2) << 16) |
      (byteAt(bytes, at + 3) << 24)) >>>
    0
  );
}
