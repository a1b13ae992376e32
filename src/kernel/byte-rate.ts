import type { MonotonicMs } from './units.ts';

const MS_PER_SECOND = 1000;
/** After a pause this much of a second may be made up for at once. */
const BURST_MS = 100;

/**
 * Holds a flow of bytes to a rate. What goes at once may be more than there is room for: what follows then
 * waits the longer, so that the rate holds over any length of time. Pure.
 */
export class ByteRate {
  #bytesPerSecond: number;
  /** Bytes that may go; below zero what went too early. */
  #room: number;
  #at: MonotonicMs;

  /** @param bytesPerSecond - 0: there is no bound. */
  constructor(bytesPerSecond: number, now: MonotonicMs) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#at = now;
    this.#room = this.#roomMax;
  }

  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** What went too early under the rate before counts no more. */
  change(bytesPerSecond: number, now: MonotonicMs): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#at = now;
    this.#room = this.#roomMax;
  }

  /** Milliseconds until something may go; 0: now. */
  waitMs(now: MonotonicMs): number {
    if (this.#bytesPerSecond === 0) return 0;
    const gained = ((now - this.#at) * this.#bytesPerSecond) / MS_PER_SECOND;
    this.#room = Math.min(this.#roomMax, this.#room + Math.max(0, gained));
    this.#at = now;
    return this.#room > 0 ? 0 : Math.ceil(((1 - this.#room) * MS_PER_SECOND) / this.#bytesPerSecond);
  }

  /** Must what follows wait, as of the last look at the time? */
  get isSpent(): boolean {
    return this.#bytesPerSecond > 0 && this.#room <= 0;
  }

  /** So much goes. */
  spend(bytes: number): void {
    if (this.#bytesPerSecond > 0) this.#room -= bytes;
  }

  get #roomMax(): number {
    return (this.#bytesPerSecond * BURST_MS) / MS_PER_SECOND;
  }
}
