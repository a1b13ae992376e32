import type { QueueStatus } from '../../api/status.ts';
import { comparePositions, type Position } from '../../changes/change.ts';
import type { Journal } from '../../journal/journal.ts';
import { MIB, type MonotonicMs } from '../../kernel/units.ts';
import { isProblem } from '../../problems/problem.ts';
import type { QueueCondition, QueueSpace } from '../stream/queue-space.ts';
import { isNearlyFull } from '../stream/stream-window.ts';

/** What comes while Apply has work is made durable in one go: after so much of it, … */
const SYNC_BYTES = MIB;
/** … so long after the first of it came, or once Apply has done what it may, … */
const SYNC_LATEST_MS = 20;
/** … but not so soon after the last time: a steady load would keep the disk at flushes of a few records each. */
const SYNC_APART_MS = 10;
/** So long after somebody waited for what came, the next one is expected. */
const EXPECTED_MS = 1000;

export interface ReceiveQueueOptions {
  readonly journal: Journal;
  readonly directory: string;
  readonly space: QueueSpace;
  readonly now: () => MonotonicMs;
}

/**
 * What the passive server received: up to where it is safe from a power cut, and whether more may
 * come. A disk without space is no failure: what finds no room is not taken, and is asked for again.
 */
export class ReceiveQueue {
  readonly #options: ReceiveQueueOptions;
  readonly #journal: Journal;
  #durable: Position;
  /** Received beyond that. */
  #unsyncedBytes = 0;
  #unsyncedSince = 0 as MonotonicMs;
  #syncedAt = Number.NEGATIVE_INFINITY;
  /** An application waits for what came. */
  #isAwaited = false;
  #awaitedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ReceiveQueueOptions) {
    this.#options = options;
    this.#journal = options.journal;
    this.#durable = options.journal.last;
  }

  get directory(): string {
    return this.#options.directory;
  }

  get last(): Position {
    return this.#journal.last;
  }

  get follows(): Position {
    return this.#journal.follows;
  }

  /** Up to here the queue is safe from a power cut, and Apply may go. */
  get durable(): Position {
    return this.#durable;
  }

  /**
   * @param how.isBehind - false: what it holds is applied, and only not trimmed yet.
   * @param how.isGathered - it waits for what belongs to it, and for nothing that is slow.
   */
  status(now: MonotonicMs, how: { readonly isBehind: boolean; readonly isGathered: boolean }): QueueStatus {
    const { bytes, records } = this.#journal;
    if (!how.isBehind) return { bytes: 0, records: 0, oldestMs: 0 };
    return { bytes, records, oldestMs: how.isGathered ? 0 : this.#journal.oldestMs(now) };
  }

  /** As Journal.read. */
  read(
    after: Position,
    bytesMax: number,
    memory?: (bytes: number) => Buffer,
  ): { records: Buffer; last: Position } | null {
    return this.#journal.read(after, bytesMax, memory);
  }

  /** Is there no room, so that it is no use to ask for more? */
  get isDiskFull(): boolean {
    return this.#options.space.isFull;
  }

  condition(): QueueCondition {
    const { space, directory } = this.#options;
    const { bytes } = this.#journal;
    const { freeBytes, isFull, limits } = space;
    return { ...limits, directory, bytes, freeBytes, isDiskFull: isFull, isHeld: this.#isAtItsSize };
  }

  /** @returns false where there was no space: nothing was taken. */
  take(records: Uint8Array): boolean {
    if (records.length === 0) return this.#hurry();
    if (this.#unsyncedBytes === 0) this.#unsyncedSince = this.#options.now();
    const taken = this.#withRoom(() => void this.#journal.appendBatch(records));
    if (!taken) return false;
    this.#unsyncedBytes += records.length;
    this.#options.space.wrote(records.length);
    return true;
  }

  /**
   * @param isIdle - Apply has done what it may.
   * @returns milliseconds that what came may wait for more before it is made durable; infinite where nothing came.
   */
  gatherMs(now: MonotonicMs, isIdle: boolean): number {
    if (this.#unsyncedBytes === 0) return Number.POSITIVE_INFINITY;
    if (this.#isAwaited || this.#unsyncedBytes >= SYNC_BYTES) return 0;
    const latest = this.#unsyncedSince + SYNC_LATEST_MS;
    return Math.max(0, (isIdle ? Math.min(latest, this.#syncedAt + SYNC_APART_MS) : latest) - now);
  }

  /** Is there anything to be done for {@link sync}? */
  get isDirty(): boolean {
    return this.#unsyncedBytes > 0;
  }

  /** @returns true where something became durable. */
  sync(): boolean {
    this.#isAwaited = false;
    if (this.#unsyncedBytes === 0 || !this.#withRoom(() => this.#journal.sync())) return false;
    this.#durable = this.#journal.last;
    this.#unsyncedBytes = 0;
    this.#syncedAt = this.#options.now();
    return true;
  }

  /** Do applications of the active server wait for what comes? */
  isExpected(now: MonotonicMs): boolean {
    return now - this.#awaitedAt < EXPECTED_MS;
  }

  #hurry(): true {
    this.#isAwaited = true;
    this.#awaitedAt = this.#options.now();
    return true;
  }

  /** Everything up to here is applied and checkpointed. */
  trim(upTo: Position): void {
    this.#withRoom(() => this.#journal.trim(upTo));
    this.#options.space.freed();
  }

  /** @throws Problem L20 where there is no space to begin anew: nothing was changed. */
  reset(to: Position): void {
    this.#journal.reset(to);
    this.#durable = to;
    this.#unsyncedBytes = 0;
  }

  /**
   * Up to where the active server may take all for safe. While the queue is nearly full, or its disk, that does
   * not go on beyond what is applied: without acknowledgements it sends no more, and Apply catches up.
   */
  acknowledgeable(before: Position, checkpointed: Position): Position {
    const { space } = this.#options;
    const isShort = space.isShort && this.#journal.bytes > 0;
    if (!this.#isAtItsSize && !isShort) return this.#durable;
    return comparePositions(before, checkpointed) < 0 ? checkpointed : before;
  }

  close(): void {
    this.#journal.close();
  }

  get #isAtItsSize(): boolean {
    return isNearlyFull(this.#journal, this.#options.space.limits.sizeBytesMax);
  }

  #withRoom(action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      if (!isProblem(error, 'L20')) throw error;
      this.#options.space.refused();
      return false;
    }
  }
}
