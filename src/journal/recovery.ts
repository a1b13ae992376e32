import { comparePositions, ORIGIN, type Position, RECORD_BYTES_MAX } from '../changes/change.ts';
import { checkRecord, isNext, peekPosition } from '../changes/codec.ts';
import { MalformedRecord } from '../changes/malformed-record.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { Problem, type ProblemData, toData } from '../problems/problem.ts';
import { isTornCreation, ordinalOf, type QueueFolder } from './queue-folder.ts';
import { Segment } from './segment.ts';
import { decodeHeader, type Mark, SEGMENT_HEADER_BYTES } from './segment-header.ts';

const SCAN_BYTES = 2 * RECORD_BYTES_MAX;

export interface Recovered {
  /** Oldest first; each follows the one before; the last one is open for writing. */
  readonly segments: Segment[];
  readonly trimmed: Position;
  readonly markTurn: number;
  /** Files that no longer count; to be removed once what says so is durable. */
  readonly obsolete: readonly ByteString[];
  /** Given to the next segment: above all that were ever seen. */
  readonly nextOrdinal: number;
}

interface Found {
  readonly segment: Segment;
  readonly mark: Mark | null;
}

interface Fault {
  readonly offset: number;
  readonly reason: string;
}

/**
 * Brings a queue's folder into order after whatever end the last run had. What is in use on return is
 * one chain of records without a hole, and durable.
 *
 * A segment is synced before the next one is made, so only the last may have a torn tail: it is cut
 * at the last whole record, without a word, unless the mark says that what is broken was durable once.
 * Anything else is damage: what stands before it is kept, what stands after it is dropped.
 */
export function recover(
  folder: QueueFolder,
  options: { now: MonotonicMs; onDamage: (problem: ProblemData) => void },
): Recovered {
  const names = folder.segmentNames();
  const obsolete: ByteString[] = [];
  const found = readHeaders(folder, names, { obsolete, onDamage: options.onDamage });
  const trimmed = found.findLast((each) => each.mark !== null)?.mark?.trimmed ?? ORIGIN;
  const firstInUse = Math.max(0, oldestInUse(found, trimmed));
  obsolete.push(...found.slice(0, firstInUse).map((each) => each.segment.name));
  const inUse = found.slice(firstInUse);
  const segments = scanChain(folder, inUse, options);
  const last = segments.at(-1);
  const mark = inUse.find((each) => each.segment === last)?.mark ?? null;
  if (last !== undefined) affirm(folder, last, mark?.durableBytes ?? SEGMENT_HEADER_BYTES);
  folder.syncNames();
  return { segments, trimmed, markTurn: mark?.turn ?? 1, obsolete, nextOrdinal: ordinalBehind(names) };
}

/** Nothing of an earlier run counts: its files go unread. */
export function emptied(folder: QueueFolder): Recovered {
  const names = folder.segmentNames();
  for (const name of names) folder.remove(name);
  return { segments: [], trimmed: ORIGIN, markTurn: 1, obsolete: [], nextOrdinal: ordinalBehind(names) };
}

function ordinalBehind(names: readonly ByteString[]): number {
  return 1 + Math.max(0, ...names.map(ordinalOf));
}

function readHeaders(
  folder: QueueFolder,
  names: readonly ByteString[],
  options: { obsolete: ByteString[]; onDamage: (problem: ProblemData) => void },
): Found[] {
  const found: Found[] = [];
  const page = Buffer.allocUnsafeSlow(SEGMENT_HEADER_BYTES);
  for (const [index, name] of names.entries()) {
    const length = folder.read(name, page, { length: SEGMENT_HEADER_BYTES, position: 0 });
    const decoded = decodeHeader(page.subarray(0, length));
    if (decoded !== null && decoded.header.ordinal === ordinalOf(name)) {
      // Everything older was given up when this one was made.
      if (decoded.header.anew) options.obsolete.push(...found.splice(0).map((older) => older.segment.name));
      found.push({ segment: new Segment(name, decoded.header), mark: decoded.mark });
      continue;
    }
    const isLast = index === names.length - 1;
    if (isLast && isTornCreation(folder.sizeOf(name))) folder.remove(name);
    else options.onDamage(damage(folder, name, { offset: 0, reason: 'its header is broken' }, folder.setAside(name)));
  }
  return found;
}

/**
 * Index of the newest segment that begins at or before what was trimmed: all records of older ones
 * were trimmed. That they are still there says that a removal was lost, and others may not be.
 */
function oldestInUse(found: readonly Found[], trimmed: Position): number {
  return found.findLastIndex((each) => comparePositions(each.segment.follows, trimmed) <= 0);
}

function scanChain(
  folder: QueueFolder,
  found: readonly Found[],
  options: { now: MonotonicMs; onDamage: (problem: ProblemData) => void },
): Segment[] {
  const segments: Segment[] = [];
  for (const [index, { segment, mark }] of found.entries()) {
    const before = segments.at(-1);
    if (before !== undefined && comparePositions(before.last, segment.follows) !== 0) {
      const fault = { offset: 0, reason: 'it does not follow the file before it' };
      dropAll(folder, found.slice(index + 1));
      options.onDamage(damage(folder, segment.name, fault, folder.setAside(segment.name)));
      return segments;
    }
    const fault = scan(folder, segment, options.now);
    segments.push(segment);
    if (fault === null) continue;
    const isLast = index === found.length - 1;
    const isTorn = isLast && fault.offset >= (mark?.durableBytes ?? SEGMENT_HEADER_BYTES);
    const keptAs = isTorn ? null : folder.copyAside(segment.name);
    folder.openForWriting(segment.name);
    folder.cut(segment, segment.endBytes);
    dropAll(folder, found.slice(index + 1));
    if (keptAs !== null) options.onDamage(damage(folder, segment.name, fault, keptAs));
    return segments;
  }
  return segments;
}

/** From the newest on, so that what is left after a crash meanwhile is still a chain and its end. */
function dropAll(folder: QueueFolder, found: readonly Found[]): void {
  for (const each of found.toReversed()) folder.remove(each.segment.name);
}

/** Reads all records of a segment into its landmarks, up to the end or the first fault. */
function scan(folder: QueueFolder, segment: Segment, now: MonotonicMs): Fault | null {
  const buffer = Buffer.allocUnsafeSlow(Math.min(SCAN_BYTES, Math.max(1, folder.sizeOf(segment.name))));
  for (;;) {
    const length = folder.read(segment.name, buffer, { length: buffer.length, position: segment.endBytes });
    if (length === 0) return null;
    const bytes = buffer.subarray(0, length);
    const isEnd = length < buffer.length;
    const startBytes = segment.endBytes;
    for (let at = 0; at < length; at = segment.endBytes - startBytes) {
      if (!isEnd && length - at < RECORD_BYTES_MAX && at > 0) break;
      const fault = takeRecord(segment, { bytes, at }, now);
      if (fault !== null) return { offset: segment.endBytes, reason: fault };
    }
  }
}

function takeRecord(segment: Segment, place: { bytes: Buffer; at: number }, now: MonotonicMs): string | null {
  try {
    const length = checkRecord(place.bytes, place.at);
    const position = peekPosition(place.bytes, place.at);
    if (!isNext(segment.last, position)) return 'a record is out of order';
    segment.extend(position, length, now);
    return null;
  } catch (error) {
    if (!(error instanceof MalformedRecord)) throw error;
    return error.reason;
  }
}

/**
 * Writes again what may only be in the kernel's memory, and syncs it. Syncing alone would not do:
 * after a failed fsync(2) the kernel holds the pages for clean, and a later one says nothing.
 */
function affirm(folder: QueueFolder, segment: Segment, fromBytes: number): void {
  folder.openForWriting(segment.name);
  const buffer = Buffer.allocUnsafeSlow(256 * 1024);
  const rewrite = (start: number, end: number): void => {
    for (let position = start; position < end; position += buffer.length) {
      const wanted = Math.min(buffer.length, end - position);
      const length = folder.read(segment.name, buffer, { length: wanted, position });
      folder.write(segment, buffer.subarray(0, length), position);
    }
  };
  rewrite(0, SEGMENT_HEADER_BYTES);
  rewrite(Math.max(SEGMENT_HEADER_BYTES, fromBytes), segment.endBytes);
  folder.syncData(segment);
}

function damage(folder: QueueFolder, name: ByteString, fault: Fault, keptAs: string): ProblemData {
  const file = folder.displayOf(name);
  return toData(new Problem('JRN-002', { file, offset: fault.offset, reason: fault.reason, keptAs }));
}
