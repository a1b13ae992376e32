import { asBuffer } from '../kernel/bytes.ts';
import { comparePositions, ORIGIN, type Position } from '../changes/change.ts';
import { decodeRecord, isNext, peekPosition, RECORD_HEADER_BYTES, recordLengthAt } from '../changes/codec.ts';
import { MalformedRecord } from '../changes/malformed-record.ts';
import { assert, must } from '../kernel/assert.ts';
import { fromText } from '../kernel/byte-string.ts';
import type { Clock } from '../kernel/clock.ts';
import { FileError } from '../kernel/files.ts';
import { MIB, type MonotonicMs } from '../kernel/units.ts';
import { Problem } from '../problems/problem.ts';
import type { JournalOptions } from './journal-options.ts';
import { QueueFolder } from './queue-folder.ts';
import { type Place, RecentPlaces } from './recent-places.ts';
import { walkRecords } from './record-walk.ts';
import { emptied, recover } from './recovery.ts';
import { INDEX_EVERY_BYTES, type Segment } from './segment.ts';
import { encodeMark, SEGMENT_HEADER_BYTES } from './segment-header.ts';

const SEGMENT_BYTES_MAX = 16 * MIB;
/** A mark keeps an offset in 32 bits, and a batch may come on top. */
const SEGMENT_BYTES_LIMIT = 1024 * MIB;
const SEEK_BYTES = 2 * INDEX_EVERY_BYTES;

/** The queue of journal.ts in segment files: records go into the newest, trimming removes the oldest. */
export class SegmentedJournal {
  readonly #folder: QueueFolder;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #segmentBytesMax: number;
  readonly #lasts: boolean;
  readonly #seek = Buffer.allocUnsafeSlow(SEEK_BYTES);
  /** Oldest first, never empty once open. */
  #segments: Segment[];
  #nextOrdinal: number;
  #trimmed: Position;
  /** Where the first record held stands, in the oldest segment. */
  #start: Place;
  #markTurn: number;
  /** Of the newest segment: everything before this byte is durable. */
  #durableBytes: number;
  #isDirty = false;
  /** Of all segments, trimmed records of the oldest included. */
  #segmentsBytes = 0;
  #segmentsRecords = 0;
  readonly #reads = new RecentPlaces();
  #broken: Problem | null = null;

  static open(options: JournalOptions): SegmentedJournal {
    const folder = new QueueFolder(options.files, fromText(options.directory), options.lasting !== null);
    try {
      return new SegmentedJournal(folder, options);
    } catch (error) {
      folder.close();
      if (!(error instanceof FileError)) throw error;
      throw unusable(options.directory, error);
    }
  }

  private constructor(folder: QueueFolder, options: JournalOptions) {
    this.#folder = folder;
    this.#clock = options.clock;
    this.#segmentBytesMax = options.segmentBytesMax ?? SEGMENT_BYTES_MAX;
    assert(this.#segmentBytesMax <= SEGMENT_BYTES_LIMIT, 'a segment is not too large');
    const { lasting } = options;
    this.#lasts = lasting !== null;
    const recovered =
      lasting === null ? emptied(folder) : recover(folder, { now: options.clock.monotonicMs(), ...lasting });
    this.#segments = recovered.segments;
    this.#nextOrdinal = recovered.nextOrdinal;
    this.#trimmed = recovered.trimmed;
    this.#markTurn = recovered.markTurn;
    if (this.#segments.length === 0) this.#add({ anew: true, follows: ORIGIN });
    this.#durableBytes = this.#newest.endBytes;
    // After damage less may be left than was trimmed: what is gone may come again.
    if (comparePositions(this.#trimmed, this.last) > 0) this.#trimmed = this.last;
    for (const segment of this.#segments) this.#count(segment, 1);
    this.#start = this.#placeAfter(this.#trimmed) ?? this.#end;
    this.#syncNewest();
    for (const name of recovered.obsolete) folder.remove(name);
    this.#dropTrimmedSegments();
  }

  get first(): Position | null {
    if (this.records === 0) return null;
    const { segment, offset } = this.#start;
    this.#read(segment, this.#seek, { length: RECORD_HEADER_BYTES, position: offset });
    return peekPosition(this.#seek, 0);
  }

  get follows(): Position {
    const follows = must(this.#segments[0], 'oldest segment').follows;
    return comparePositions(this.#trimmed, follows) > 0 ? this.#trimmed : follows;
  }

  get last(): Position {
    return this.#newest.last;
  }

  get bytes(): number {
    return this.#segmentsBytes - (this.#start.offset - SEGMENT_HEADER_BYTES);
  }

  get records(): number {
    return this.#segmentsRecords - this.#start.number;
  }

  oldestMs(now: MonotonicMs): number {
    if (this.records === 0) return 0;
    const sinceMs = must(this.#start.segment.sinceMs(this.#start.number), 'a landmark before the first record');
    return Math.max(0, now - sinceMs);
  }

  append(record: Uint8Array, position: Position): void {
    this.#assertUsable();
    assert(isNext(this.last, position), 'a record follows the one before');
    assert(recordLengthAt(record, 0) === record.length, 'exactly one record is appended');
    this.#write(record);
    this.#extend(position, record.length, this.#clock.monotonicMs());
  }

  appendBatch(records: Uint8Array): Position {
    this.#assertUsable();
    const bytes = asBuffer(records);
    const positions: Position[] = [];
    const lengths: number[] = [];
    let last = this.last;
    for (let offset = 0; offset < bytes.length; ) {
      const { position, length } = decodeRecord(bytes, offset);
      if (!isNext(last, position)) throw new MalformedRecord('it does not follow the record before', offset);
      positions.push(position);
      lengths.push(length);
      last = position;
      offset += length;
    }
    if (positions.length === 0) return last;
    this.#write(bytes);
    const now = this.#clock.monotonicMs();
    for (const [index, position] of positions.entries()) this.#extend(position, lengths[index] as number, now);
    return last;
  }

  sync(): void {
    this.#assertUsable();
    if (this.#isDirty) this.#guard(() => this.#syncNewest());
  }

  read(
    after: Position,
    bytesMax: number,
    memory: (bytes: number) => Buffer = (bytes) => Buffer.allocUnsafeSlow(bytes),
  ): { records: Buffer; last: Position } | null {
    assert(comparePositions(after, this.follows) >= 0, 'nothing that was trimmed is read');
    const place = this.#placeAfter(after);
    if (place === null) return null;
    const { segment, offset, number } = place;
    const available = segment.endBytes - offset;
    let buffer = memory(Math.min(available, Math.max(bytesMax, RECORD_HEADER_BYTES)));
    this.#read(segment, buffer, { length: buffer.length, position: offset });
    let walked = walkRecords(buffer, { after: null, until: null });
    if (walked.records === 0 && walked.nextLength !== null && walked.nextLength <= available) {
      buffer = memory(walked.nextLength);
      this.#read(segment, buffer, { length: buffer.length, position: offset });
      walked = walkRecords(buffer, { after: null, until: null });
    }
    const { fault, bytes, records, last } = walked;
    if (fault !== null || last === null) throw this.#damaged(segment, offset + bytes, fault ?? 'a record is cut off');
    this.#reads.note(last, { segment, offset: offset + bytes, number: number + records });
    return { records: buffer.subarray(0, bytes), last };
  }

  trim(upTo: Position): void {
    this.#assertUsable();
    const until = comparePositions(upTo, this.last) > 0 ? this.last : upTo;
    if (comparePositions(until, this.follows) <= 0) return;
    const start = this.#placeAfter(until) ?? this.#end;
    const before = this.#trimmed;
    this.#trimmed = until;
    this.#isDirty = true;
    try {
      // Only where files can go is it worth a sync of its own; otherwise the mark rides with the next one.
      // It is durable first: where some removals are lost in a crash, it tells what the gaps mean.
      if (start.segment !== this.#segments[0]) this.#guard(() => this.#syncNewest());
    } catch (error) {
      this.#trimmed = before;
      throw error;
    }
    this.#start = start;
    this.#guard(() => this.#dropTrimmedSegments());
  }

  reset(to: Position): void {
    this.#assertUsable();
    const trimmed = this.#trimmed;
    this.#trimmed = to;
    try {
      this.#add({ anew: true, follows: to });
    } catch (error) {
      this.#trimmed = trimmed;
      throw this.#failure(error);
    }
    const before = this.#segments.splice(0, this.#segments.length - 1);
    this.#segmentsBytes = 0;
    this.#segmentsRecords = 0;
    this.#start = this.#end;
    this.#reads.clear();
    this.#guard(() => {
      for (const segment of before) this.#folder.remove(segment.name);
    });
  }

  close(): void {
    this.#folder.close();
  }

  get #newest(): Segment {
    return must(this.#segments.at(-1), 'newest segment');
  }

  get #end(): Place {
    const segment = this.#newest;
    return { segment, offset: segment.endBytes, number: segment.records };
  }

  /** Writes records at the end, in a new segment where the newest is full. */
  #write(bytes: Uint8Array): void {
    const { endBytes, records } = this.#newest;
    if (records > 0 && endBytes + bytes.length > this.#segmentBytesMax) this.#guard(() => this.#rotate());
    const segment = this.#newest;
    this.#isDirty = true;
    try {
      this.#folder.write(segment, bytes, segment.endBytes);
    } catch (error) {
      // What was written of it could be taken for records of a later run: durably away with it.
      this.#guard(() => this.#folder.cut(segment, segment.endBytes));
      throw this.#failure(error);
    }
  }

  #extend(position: Position, length: number, now: MonotonicMs): void {
    this.#newest.extend(position, length, now);
    this.#segmentsBytes += length;
    this.#segmentsRecords += 1;
  }

  /** A segment is durable before the next one exists: only the newest can have a torn tail. */
  #rotate(): void {
    if (this.#isDirty) this.#syncNewest();
    const isEmpty = this.records === 0;
    this.#add({ anew: false, follows: this.last });
    if (isEmpty) {
      this.#start = this.#end;
      this.#dropTrimmedSegments();
    }
  }

  #add(options: { anew: boolean; follows: Position }): void {
    const header = { ordinal: this.#nextOrdinal, ...options };
    this.#segments.push(this.#folder.create(header, this.#trimmed));
    this.#nextOrdinal += 1;
    this.#markTurn = 1;
    this.#durableBytes = SEGMENT_HEADER_BYTES;
    this.#isDirty = false;
  }

  /** The mark tells what the sync before this one made durable, and rides with this one. */
  #syncNewest(): void {
    if (!this.#lasts) return;
    const segment = this.#newest;
    const mark = { turn: this.#markTurn + 1, durableBytes: this.#durableBytes, trimmed: this.#trimmed };
    const { bytes, offset } = encodeMark(mark);
    this.#folder.write(segment, bytes, offset);
    this.#folder.syncData(segment);
    this.#markTurn = mark.turn;
    this.#durableBytes = segment.endBytes;
    this.#isDirty = false;
  }

  #dropTrimmedSegments(): void {
    const count = this.#segments.indexOf(this.#start.segment);
    for (const trimmed of this.#segments.splice(0, count)) {
      this.#count(trimmed, -1);
      this.#folder.remove(trimmed.name);
    }
    if (count > 0) this.#reads.keep(this.#segments);
  }

  #count(segment: Segment, sign: 1 | -1): void {
    this.#segmentsBytes += sign * segment.bytes;
    this.#segmentsRecords += sign * segment.records;
  }

  /** Where the first record after a position stands; null where there is none. */
  #placeAfter(after: Position): Place | null {
    if (comparePositions(after, this.last) >= 0) return null;
    const read = this.#reads.find(after);
    if (read !== null && read.offset < read.segment.endBytes) return read;
    const index = this.#segments.findLastIndex((segment) => comparePositions(segment.follows, after) <= 0);
    // Before the oldest record, or after the last of its segment: the start of the next segment.
    const segment = this.#segments[Math.max(0, index)] as Segment;
    if (index < 0) return { segment, offset: SEGMENT_HEADER_BYTES, number: 0 };
    if (comparePositions(segment.last, after) <= 0) {
      return { segment: must(this.#segments[index + 1], 'a newer segment'), offset: SEGMENT_HEADER_BYTES, number: 0 };
    }
    return this.#seekIn(segment, after);
  }

  #seekIn(segment: Segment, after: Position): Place {
    const landmark = segment.landmarkBefore(after);
    let offset = landmark?.offset ?? SEGMENT_HEADER_BYTES;
    let number = landmark?.number ?? 0;
    for (;;) {
      const length = Math.min(SEEK_BYTES, segment.endBytes - offset);
      assert(length > 0, 'a record after the position is in the segment');
      this.#read(segment, this.#seek, { length, position: offset });
      const walked = walkRecords(this.#seek.subarray(0, length), { after: null, until: after });
      if (walked.fault !== null) throw this.#damaged(segment, offset + walked.bytes, walked.fault);
      offset += walked.bytes;
      number += walked.records;
      if (walked.isPast) return { segment, offset, number };
      if (walked.records > 0) continue;
      // One record is longer than what was read.
      offset += must(walked.nextLength, 'length of a record within the segment');
      number += 1;
    }
  }

  #read(segment: Segment, into: Buffer, at: { length: number; position: number }): void {
    const length = this.#readFile(segment, into, at);
    if (length < at.length) throw this.#damaged(segment, at.position + length, 'the file is shorter than it was');
  }

  #readFile(segment: Segment, into: Buffer, at: { length: number; position: number }): number {
    try {
      return this.#folder.read(segment.name, into, at);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      throw unusable(this.#folder.display, error);
    }
  }

  #damaged(segment: Segment, offset: number, reason: string): Problem {
    const file = this.#folder.displayOf(segment.name);
    return new Problem('JRN-002', { file, offset, reason, keptAs: file });
  }

  #assertUsable(): void {
    if (this.#broken !== null) throw this.#broken;
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** What a failed system call means: room may come again, anything else leaves the state of the disk unknown. */
  #failure(error: unknown): unknown {
    if (!(error instanceof FileError)) return error;
    if (error.isNoSpace && !error.call.includes('sync')) {
      return new Problem('L20', { directory: this.#folder.display }, { cause: error });
    }
    const file = this.#folder.displayOf(this.#newest.name);
    this.#broken = new Problem('JRN-003', { file, reason: `${error.call} gave ${error.code}` }, { cause: error });
    return this.#broken;
  }
}

function unusable(directory: string, error: FileError): Problem {
  if (error.isNoSpace) return new Problem('L20', { directory }, { cause: error });
  return new Problem('JRN-001', { directory, reason: `${error.call} gave ${error.code}` }, { cause: error });
}
