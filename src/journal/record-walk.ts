import { comparePositions, type Position, RECORD_BYTES_MAX } from '../changes/change.ts';
import { isNext, peekPosition, RECORD_HEADER_BYTES } from '../changes/codec.ts';

/** Whole records at the start of some bytes. */
export interface Walked {
  /** Bytes they take. */
  readonly bytes: number;
  readonly records: number;
  /** Position of the last of them; null where there is none. */
  readonly last: Position | null;
  /** It stopped at a record whose position is after `until`. */
  readonly isPast: boolean;
  /** Length of the record it stopped at, where its header could be read. */
  readonly nextLength: number | null;
  /** What is wrong with the record after them. Checksums are not looked at. */
  readonly fault: string | null;
}

/** Steps over whole records, at most to the first whose position is after `until`. */
export function walkRecords(bytes: Buffer, options: { after: Position | null; until: Position | null }): Walked {
  let at = 0;
  let records = 0;
  let last = options.after;
  let nextLength: number | null = null;
  let fault: string | null = null;
  let isPast = false;
  while (bytes.length - at >= RECORD_HEADER_BYTES) {
    const position = peekPosition(bytes, at);
    if (last !== null && !isNext(last, position)) fault = 'a record is out of order';
    const length = bytes.readUInt32LE(at);
    if (length < RECORD_HEADER_BYTES || length > RECORD_BYTES_MAX) fault = 'length out of bounds';
    if (fault !== null) break;
    nextLength = length;
    isPast = options.until !== null && comparePositions(position, options.until) > 0;
    if (isPast || length > bytes.length - at) break;
    nextLength = null;
    at += length;
    records += 1;
    last = position;
  }
  return { bytes: at, records, last, isPast, nextLength, fault };
}
