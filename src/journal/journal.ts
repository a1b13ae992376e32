import type { Position } from '../changes/change.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import type { JournalOptions } from './journal-options.ts';
import { SegmentedJournal } from './segmented-journal.ts';

/**
 * A queue of encoded records on disk: the send queue of the active server, the receive queue of the
 * passive one.
 *
 * - After {@link sync} returned, a power cut loses nothing that was appended before, where the queue is to last
 *   ({@link JournalOptions.lasting}).
 * - What is held is always one chain: no record is missing between the first and the last, and after
 *   a crash none either. Records appended after the last sync may or may not be there.
 * - A trim may be forgotten by a crash: records trimmed before can be there again. Whoever reads goes
 *   by a checkpoint of its own.
 *
 * Every call blocks. Not safe to share between threads or processes.
 */
export interface Journal {
  /** Oldest record held; null where none is. */
  readonly first: Position | null;
  /** What the oldest record held follows: the earliest position that may be read from. */
  readonly follows: Position;
  /** Newest record appended; where none is held, the position that the next one must follow. */
  readonly last: Position;
  /** Of the records held. The files take more: trimmed records go when their whole file can. */
  readonly bytes: number;
  readonly records: number;
  /** Age of the oldest record, right to about a second; 0 where none is held. After a reopen it counts from then. */
  oldestMs(now: MonotonicMs): number;
  /**
   * Appends one encoded record. It must follow `last`: be the next of its epoch or the first of a
   * later one.
   * @throws Problem L20 where there is no space: nothing was appended, and it may be tried again.
   * @throws Problem JRN-003 where the disk failed; see {@link sync}.
   */
  append(record: Uint8Array, position: Position): void;
  /**
   * Appends encoded records one after the other, each checked as a whole before anything is written.
   * @returns the new `last`.
   * @throws MalformedRecord where one is no record or does not follow the one before: none was appended.
   * @throws Problem as {@link append}.
   */
  appendBatch(records: Uint8Array): Position;
  /**
   * Makes durable what was appended (fdatasync(2)); nothing of a queue that does not last.
   * @throws Problem L20 where there is no space to note it: nothing is lost, and it may be tried again.
   * @throws Problem JRN-003 where that failed. What was written since the last sync may be gone, so from
   *   here on every call that writes throws the same; reopen the queue to go on with what is left.
   */
  sync(): void;
  /**
   * Whole records, the first one that follows `after` and as many more as fit into `bytesMax`; at
   * least one, whatever its size; null where none follows. May stop early at the end of a file.
   * @param after - not before `follows`.
   * @param memory - where they are put, of that size; by default memory of their own, for each read.
   * @throws Problem JRN-002 where the file no longer holds what was written, JRN-001 where it can't be read.
   */
  read(
    after: Position,
    bytesMax: number,
    memory?: (bytes: number) => Buffer,
  ): { records: Buffer; last: Position } | null;
  /**
   * Forgets records up to and with `upTo`, which may lie outside of what is held.
   * @throws Problem as {@link sync} and {@link read}; where it can't be read nothing was forgotten.
   */
  trim(upTo: Position): void;
  /** Empties the queue, durably; the next record follows `to`. */
  reset(to: Position): void;
  /** Lets go of the files. What was not synced is not synced now. */
  close(): void;
}

/**
 * Opens a queue, with what the last run left in it where it is to last. All of that is durable on return.
 * @throws Problem L20 where there is no space to begin a queue in, JRN-001 where the folder can't be used.
 */
export function openJournal(options: JournalOptions): Journal {
  return SegmentedJournal.open(options);
}
