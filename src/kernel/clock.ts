import type { MonotonicMs, WallMs } from './units.ts';

/** The two clocks of the machine, kept apart by type so that they can't be mixed up. */
export interface Clock {
  monotonicMs(): MonotonicMs;
  wallMs(): WallMs;
}

/** Stops a timer; calling it again, or after the timer fired, does nothing. */
export type Cancel = () => void;

/** Timers of an event loop. */
export interface Timers {
  /** Calls `action` once, not before `delayMs` have passed on the monotonic clock. */
  after(delayMs: number, action: () => void): Cancel;
  /** Calls `action` again and again, `periodMs` apart. */
  every(periodMs: number, action: () => void): Cancel;
}
