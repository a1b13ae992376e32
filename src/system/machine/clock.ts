import type { Clock } from '../../kernel/clock.ts';
import type { MonotonicMs, WallMs } from '../../kernel/units.ts';
import { faults } from '../native/faults.ts';

/** The machine's clocks. Monotonic times of all threads of this process can be compared. */
export const systemClock: Clock = {
  monotonicMs: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return (seconds * 1000 + nanoseconds / 1e6) as MonotonicMs;
  },
  wallMs: () => (Date.now() + (faults?.clockAheadMs() ?? 0)) as WallMs,
};
