import type { MonotonicMs } from '../kernel/units.ts';
import { KIB, MIB } from '../kernel/units.ts';

const BYTES_FIRST = MIB;
const BYTES_MIN = 64 * KIB;
/** More than the stream ever has on its way. */
const BYTES_MAX = 16 * MIB;
/** A link that carries so much in that time is no thin one: half a second takes all that the stream has on its way. */
const BYTES_WIDE = 4 * MIB;
/** What is sent should reach the other server that long after it could have on an empty link, at most. */
const QUEUED_MS = 150;
/** From this window on frames are short beside it. */
const BYTES_LARGE = 2 * MIB;
const SAMPLE_MS = 100;
/** Until anything is known of the link, so that a fast one is not held up; as often as receipts come. */
const SAMPLE_MS_FIRST = 20;
/** The shortest way is looked for anew in so long: routes change. */
const SHORTEST_MS = 10_000;

/**
 * How much may be on its way on one data connection without a receipt. On a link that is the bottleneck
 * everything on its way only queues up in buffers of the kernel and of the network; a change that is made
 * then waits behind it. So no more is sent than the link carries in about {@link QUEUED_MS}. Pure.
 */
export class SendWindow {
  #bytesMax = BYTES_FIRST;
  #sent = 0;
  #received = 0;
  /** Something was received last, or began to be on its way; null while nothing is. */
  #progressAt: MonotonicMs | null = null;
  /** A moment whose receipt is awaited, to learn how long the way takes. */
  #marker: { readonly bytes: number; readonly at: MonotonicMs } | null = null;
  #shortestMs = Number.POSITIVE_INFINITY;
  #shortestBefore = Number.POSITIVE_INFINITY;
  #shortestAt: MonotonicMs | null = null;
  #sample: { readonly at: MonotonicMs; readonly received: number } | null = null;
  #wasFull = false;
  #bytesPerSecond: number | null = null;

  /** Bytes on their way. */
  get bytesUnderWay(): number {
    return this.#sent - this.#received;
  }

  get bytesReceived(): number {
    return this.#received;
  }

  get bytesMax(): number {
    return this.#bytesMax;
  }

  /** Is the link so fast that nothing is held back? */
  get isWide(): boolean {
    return this.#bytesMax === BYTES_MAX;
  }

  /** Is it so large that frames need not be written in pieces? */
  get isLarge(): boolean {
    return this.#bytesMax >= BYTES_LARGE;
  }

  /** How fast the link is, measured while it was the bottleneck; null until it was. */
  get bytesPerSecond(): number | null {
    return this.#bytesPerSecond;
  }

  get isFull(): boolean {
    return this.bytesUnderWay >= this.#bytesMax;
  }

  /** More would be sent if it were not full. */
  heldBack(): void {
    this.#wasFull = true;
  }

  sent(bytes: number, now: MonotonicMs): void {
    if (this.bytesUnderWay === 0) {
      this.#progressAt = now;
      // Of a link that was never full there is nothing to learn; on a fast one nothing may be on its way in between.
      if (!this.#wasFull) this.#sample = { at: now, received: this.#received };
    }
    this.#sent += bytes;
    this.#marker ??= { bytes: this.#sent, at: now };
  }

  /** @param total - bytes since the connection was made. @returns false where so much was never sent. */
  received(total: number, now: MonotonicMs): boolean {
    if (total > this.#sent) return false;
    if (total <= this.#received) return true;
    this.#received = total;
    this.#progressAt = this.bytesUnderWay === 0 ? null : now;
    if (this.#marker !== null && total >= this.#marker.bytes) {
      this.#measured(now - this.#marker.at, now);
      this.#marker = null;
    }
    const sample = this.#sample;
    if (sample !== null && now - sample.at >= (this.#bytesPerSecond === null ? SAMPLE_MS_FIRST : SAMPLE_MS))
      this.#sampled(sample, now);
    return true;
  }

  /** For how long something has been on its way and nothing was received; 0 where that is not so. */
  silentMs(now: MonotonicMs): number {
    return this.#progressAt === null ? 0 : now - this.#progressAt;
  }

  /** This process was held up for so long: that nothing was received meanwhile proves nothing. */
  heldUp(forMs: number, now: MonotonicMs): void {
    if (this.#progressAt !== null) this.#progressAt = Math.min(now, this.#progressAt + forMs) as MonotonicMs;
  }

  #measured(wayMs: number, now: MonotonicMs): void {
    this.#shortestAt ??= now;
    if (now - this.#shortestAt > SHORTEST_MS) {
      this.#shortestBefore = this.#shortestMs;
      this.#shortestMs = Number.POSITIVE_INFINITY;
      this.#shortestAt = now;
    }
    // A wide link may become a thin one, and its window is never full.
    if (wayMs > this.#wayMs + 2 * QUEUED_MS) this.#wasFull = true;
    this.#shortestMs = Math.min(this.#shortestMs, wayMs);
  }

  #sampled(sample: { readonly at: MonotonicMs; readonly received: number }, now: MonotonicMs): void {
    this.#sample = { at: now, received: this.#received };
    const wasFull = this.#wasFull;
    this.#wasFull = this.isFull;
    if (!wasFull) return;
    const perMs = (this.#received - sample.received) / (now - sample.at);
    this.#bytesPerSecond = perMs * 1000;
    const wanted = Math.min(perMs * (this.#wayMs + QUEUED_MS), 2 * this.#bytesMax);
    this.#bytesMax = perMs * QUEUED_MS >= BYTES_WIDE ? BYTES_MAX : Math.min(BYTES_MAX, Math.max(BYTES_MIN, wanted));
  }

  /** The shortest way of late; 0 where none is known. */
  get #wayMs(): number {
    const shortestMs = Math.min(this.#shortestMs, this.#shortestBefore);
    return Number.isFinite(shortestMs) ? shortestMs : 0;
  }
}
