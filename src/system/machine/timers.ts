import { assert } from '../../kernel/assert.ts';
import type { Timers } from '../../kernel/clock.ts';
import { systemClock } from './clock.ts';

/** Node fires a longer timer at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/** Timers of this thread's event loop; each keeps the process alive until it fired or was cancelled. */
export const systemTimers: Timers = {
  after(delayMs, action) {
    assert(Number.isFinite(delayMs), 'a timer has an end');
    const due = systemClock.monotonicMs() + delayMs;
    let timer: NodeJS.Timeout;
    // Node may fire up to a millisecond early, and can't wait longer than DELAY_MS_MAX.
    const arm = (): void => {
      const leftMs = due - systemClock.monotonicMs();
      timer = setTimeout(
        () => {
          if (systemClock.monotonicMs() >= due) action();
          else arm();
        },
        Math.min(Math.max(Math.ceil(leftMs), 0), DELAY_MS_MAX),
      );
    };
    arm();
    return () => clearTimeout(timer);
  },
  every(periodMs, action) {
    assert(periodMs > 0 && periodMs <= DELAY_MS_MAX, 'a period is between 1 ms and 24 days');
    const timer = setInterval(action, periodMs);
    return () => clearInterval(timer);
  },
};
