import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { nextDailyTime } from './schedule.ts';

/** Between two of the same time of day lie 23 to 25 hours, by a clock that nobody sets. */
const APART_MS_MAX = 25 * 3_600_000;
/** However the clock is set, it does not run again before so much time has really passed. */
const APART_MS_MIN = 12 * 3_600_000;

/** Both clocks at one moment. */
export interface Moment {
  readonly wallMs: WallMs;
  readonly monotonicMs: MonotonicMs;
}

/**
 * When something daily is due by the wall clock, which may be set at any moment in either direction: it runs once
 * where the clock is set forward past its time, not again where it is set back, and is never put off for longer
 * than a day. Pure but for what it remembers.
 */
export class DailyDue {
  readonly time: string;
  #at: WallMs | null;
  #ranAt: MonotonicMs | null = null;

  /** @param time - "HH:MM", by local clocks. */
  constructor(time: string, now: Moment) {
    this.time = time;
    this.#at = nextDailyTime(time, now.wallMs);
  }

  /** Is it to run now? To be asked when the time is up, and when a clock was set. */
  take({ wallMs, monotonicMs }: Moment): boolean {
    if (this.#at === null) return false;
    // Set back: the time of day that comes next by the clock as it is now.
    if (this.#at - wallMs > APART_MS_MAX) this.#at = nextDailyTime(this.time, wallMs);
    if (this.#at === null || wallMs < this.#at) return false;
    this.#at = nextDailyTime(this.time, wallMs);
    if (this.#ranAt !== null && monotonicMs - this.#ranAt < APART_MS_MIN) return false;
    this.#ranAt = monotonicMs;
    return true;
  }

  /** How long until it is to be asked again, if nobody sets a clock; null where that is never. */
  waitMs({ wallMs }: Moment): number | null {
    return this.#at === null ? null : Math.max(0, this.#at - wallMs);
  }
}
