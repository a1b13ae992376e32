import type { Cancel, Timers } from '../kernel/clock.ts';

/**
 * How long the other server has been away. For a short while that is no trouble: it may just be
 * starting, or come back by another route.
 */
export class Absence {
  readonly #timers: Timers;
  readonly #waitMs: number;
  readonly #onLong: () => void;
  #cancel: Cancel | null = null;
  #isShort = false;
  #isDrop = false;

  constructor(options: { timers: Timers; waitMs: number; onLong: () => void }) {
    this.#timers = options.timers;
    this.#waitMs = options.waitMs;
    this.#onLong = options.onLong;
  }

  /** @param isDrop - it was there before. */
  begin(isDrop: boolean): void {
    this.end();
    this.#isShort = this.#waitMs > 0;
    this.#isDrop = isDrop;
    this.#cancel = this.#timers.after(this.#waitMs, () => {
      this.#isShort = false;
      this.#onLong();
    });
  }

  end(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#isShort = false;
  }

  /** Did it begin less than the wait ago? */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** Is what was known of the other server still worth something? */
  get isShortDrop(): boolean {
    return this.#isShort && this.#isDrop;
  }
}
