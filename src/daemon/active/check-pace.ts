import { ByteRate } from '../../kernel/byte-rate.ts';
import { MIB, type MonotonicMs } from '../../kernel/units.ts';

/** A check waits while this much of the stream is not yet at the passive, … */
const AHEAD_BYTES_MAX = 2 * MIB;
/** … or this part of what the queue may hold: what it states must not be what overfills it. */
const AHEAD_SHARE = 1 / 4;

/**
 * How fast checks go on: not ahead of the queue, not ahead of what is urgent on a thin link, and not faster
 * than the settings allow. What they read and state counts, and beside it the content that is fetched for
 * them: the one may come without the other. Pure.
 */
export class CheckPace {
  /** Bytes that may go to the link now without delaying what is urgent. */
  readonly linkRoom: () => number;
  readonly #rate: ByteRate;
  readonly #fetchRate: ByteRate;
  #isStating = false;
  #isOver: () => boolean = () => false;

  /** @param bytesPerSecondMax - 0: no bound. */
  constructor(bytesPerSecondMax: number, linkRoom: () => number, now: MonotonicMs) {
    this.#rate = new ByteRate(bytesPerSecondMax, now);
    this.#fetchRate = new ByteRate(bytesPerSecondMax, now);
    this.linkRoom = linkRoom;
  }

  /** From now on. */
  limit(bytesPerSecondMax: number, now: MonotonicMs): void {
    this.#rate.change(bytesPerSecondMax, now);
    this.#fetchRate.change(bytesPerSecondMax, now);
  }

  /**
   * Milliseconds until checks may go on; 0: now. Infinite while they wait for the queue or the link, whose
   * news wake the stream worker.
   */
  waitMs(queue: { readonly bytes: number; readonly sizeBytesMax: number }, now: MonotonicMs): number {
    const isAhead = queue.bytes >= Math.min(AHEAD_BYTES_MAX, queue.sizeBytesMax * AHEAD_SHARE);
    if (isAhead || this.linkRoom() === 0) return Number.POSITIVE_INFINITY;
    return this.#rate.waitMs(now);
  }

  /** Is nothing left to read or state for now? */
  get isSpent(): boolean {
    return this.#rate.isSpent || this.#isOver();
  }

  /** Milliseconds until content may be fetched for checks; 0: now. */
  fetchWaitMs(now: MonotonicMs): number {
    return this.#fetchRate.waitMs(now);
  }

  /** So much content was fetched for checks. */
  fetched(bytes: number): void {
    this.#fetchRate.spend(bytes);
  }

  get isStating(): boolean {
    return this.#isStating;
  }

  /** A check read so much. */
  read(bytes: number): void {
    this.#rate.spend(bytes);
  }

  /** What is queued meanwhile is a check's. @param isOver - is its time over? Asked after each reading. */
  stating(action: () => void, isOver: () => boolean): void {
    this.#isStating = true;
    this.#isOver = isOver;
    try {
      action();
    } finally {
      this.#isStating = false;
      this.#isOver = () => false;
    }
  }

  queued(bytes: number): void {
    if (this.#isStating) this.#rate.spend(bytes);
  }
}
