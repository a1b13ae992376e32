import { ByteWriter } from '../changes/byte-writer.ts';
import type { Position } from '../changes/change.ts';
import { checksum } from '../changes/checksum.ts';

/*
 * The first page of a segment file, all numbers little-endian. Records begin after it, so that
 * writing a mark never touches a page that holds records.
 *
 *     0  8 bytes  "UNDQUEUE"
 *     8  u16      format version
 *    10  u8       1 where the segment begins the queue anew: whatever is older does not count
 *    11  u48      ordinal, as in the file's name
 *    17  u32 u48  position that the first record follows
 *    27  u32      CRC-32 of bytes 0 to 26
 *   512  mark, and at 1024 another: written in turn, so that a torn one leaves the one before
 *           0  u32      turn: the higher one counts
 *           4  u32      everything before this byte of the file is known to be durable
 *           8  u32 u48  records up to this position were trimmed
 *          18  u32      CRC-32 of bytes 0 to 17
 */

const MAGIC = 'UNDQUEUE';
const FORMAT_VERSION = 1;
/** Where the first record of a segment stands. */
export const SEGMENT_HEADER_BYTES = 4096;
const IDENTITY_BYTES = 31;
const MARK_BYTES = 22;
const MARK_OFFSETS = [512, 1024] as const;

export interface SegmentHeader {
  readonly ordinal: number;
  readonly anew: boolean;
  readonly follows: Position;
}

/** What was last known for sure when the segment was synced. */
export interface Mark {
  readonly turn: number;
  readonly durableBytes: number;
  readonly trimmed: Position;
}

/** The whole first page, with its first mark. */
export function encodeHeader(header: SegmentHeader, trimmed: Position): Buffer {
  const page = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const out = new ByteWriter(IDENTITY_BYTES);
  out.latin1(MAGIC);
  out.u16(FORMAT_VERSION);
  out.u8(header.anew ? 1 : 0);
  out.u48(header.ordinal);
  writePosition(out, header.follows);
  out.u32(checksum(out.bytes.subarray(0, out.at)));
  page.set(out.finish(), 0);
  const { bytes, offset } = encodeMark({ turn: 1, durableBytes: SEGMENT_HEADER_BYTES, trimmed });
  page.set(bytes, offset);
  return page;
}

/** The bytes of a mark, and where in the file they belong. */
export function encodeMark(mark: Mark): { bytes: Buffer; offset: number } {
  const out = new ByteWriter(MARK_BYTES);
  out.u32(mark.turn);
  out.u32(mark.durableBytes);
  writePosition(out, mark.trimmed);
  out.u32(checksum(out.bytes.subarray(0, out.at)));
  return { bytes: out.finish(), offset: MARK_OFFSETS[mark.turn % 2] as number };
}

/** @returns null where the page is no header of this version; the mark is null where both are torn. */
export function decodeHeader(page: Buffer): { header: SegmentHeader; mark: Mark | null } | null {
  if (page.length < SEGMENT_HEADER_BYTES) return null;
  if (page.toString('latin1', 0, 8) !== MAGIC || page.readUInt16LE(8) !== FORMAT_VERSION) return null;
  if (page.readUInt32LE(27) !== checksum(page.subarray(0, 27))) return null;
  const header = { anew: page[10] === 1, ordinal: page.readUIntLE(11, 6), follows: positionAt(page, 17) };
  const marks = MARK_OFFSETS.map((offset) => markAt(page, offset)).filter((mark) => mark !== null);
  marks.sort((a, b) => b.turn - a.turn);
  return { header, mark: marks[0] ?? null };
}

function markAt(page: Buffer, offset: number): Mark | null {
  if (page.readUInt32LE(offset + 18) !== checksum(page.subarray(offset, offset + 18))) return null;
  return {
    turn: page.readUInt32LE(offset),
    durableBytes: page.readUInt32LE(offset + 4),
    trimmed: positionAt(page, offset + 8),
  };
}

function writePosition(out: ByteWriter, position: Position): void {
  out.u32(position.epoch);
  out.u48(position.sequence);
}

function positionAt(page: Buffer, offset: number): Position {
  return { epoch: page.readUInt32LE(offset), sequence: page.readUIntLE(offset + 4, 6) };
}
