import { comparePositions, type Position } from '../changes/change.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment-header.ts';

/** A known record is at most this far before any other, so that finding one reads little. */
export const INDEX_EVERY_BYTES = 32 * 1024;
/** Age of records is known to about this much. */
const INDEX_EVERY_MS = 1000;

/** A record whose place is known. */
export interface Landmark {
  /** Its position; that of the segment's start is the one it follows. */
  readonly position: Position;
  readonly offset: number;
  /** Records of the segment before it. */
  readonly number: number;
  readonly sinceMs: MonotonicMs;
}

/** What is known about one segment file: its extent, and landmarks among its records. No effects. */
export class Segment {
  readonly name: ByteString;
  readonly header: SegmentHeader;
  /** Newest record; where there is none, the position that the first will follow. */
  last: Position;
  /** Where the next record goes. */
  endBytes = SEGMENT_HEADER_BYTES;
  records = 0;
  readonly #landmarks: Landmark[] = [];

  constructor(name: ByteString, header: SegmentHeader) {
    this.name = name;
    this.header = header;
    this.last = header.follows;
  }

  get follows(): Position {
    return this.header.follows;
  }

  /** Of the records alone. */
  get bytes(): number {
    return this.endBytes - SEGMENT_HEADER_BYTES;
  }

  /** One more record stands at the end. */
  extend(position: Position, length: number, now: MonotonicMs): void {
    const newest = this.#landmarks.at(-1);
    if (
      newest === undefined ||
      this.endBytes - newest.offset >= INDEX_EVERY_BYTES ||
      now - newest.sinceMs >= INDEX_EVERY_MS
    ) {
      this.#landmarks.push({ position, offset: this.endBytes, number: this.records, sinceMs: now });
    }
    this.last = position;
    this.endBytes += length;
    this.records += 1;
  }

  /** The last landmark at or before a position; null where even the first stands after it. */
  landmarkBefore(position: Position): Landmark | null {
    return this.#lastLandmark((landmark) => comparePositions(landmark.position, position) <= 0);
  }

  /** When the record with this number was appended, or a little earlier; null where there is none. */
  sinceMs(number: number): MonotonicMs | null {
    return this.#lastLandmark((landmark) => landmark.number <= number)?.sinceMs ?? null;
  }

  #lastLandmark(qualifies: (landmark: Landmark) => boolean): Landmark | null {
    let low = 0;
    let high = this.#landmarks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (qualifies(this.#landmarks[middle] as Landmark)) low = middle + 1;
      else high = middle;
    }
    return this.#landmarks[low - 1] ?? null;
  }
}
