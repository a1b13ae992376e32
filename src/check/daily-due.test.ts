import { beforeEach, describe, expect, it } from 'vitest';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { DailyDue } from './daily-due.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

let wall: number;
let monotonic: number;
let daily: DailyDue;
let runs: number;
beforeEach(() => {
  wall = new Date(2026, 0, 5, 1, 0, 0).getTime();
  monotonic = 1000;
  daily = new DailyDue('02:00', now());
  runs = 0;
});

const now = () => ({ wallMs: wall as WallMs, monotonicMs: monotonic as MonotonicMs });

/** As its owner does: asks when the time is up, which only the monotonic clock measures. */
function passes(ms: number): void {
  for (let left = ms; left > 0; ) {
    const step = Math.min(left, Math.max(1, daily.waitMs(now()) ?? left));
    wall += step;
    monotonic += step;
    left -= step;
    if (daily.take(now())) runs += 1;
  }
}

/** Somebody sets the clock, and its owner learns of it. */
function set(aheadMs: number): void {
  wall += aheadMs;
  if (daily.take(now())) runs += 1;
}

describe('something daily', () => {
  it('runs once a day', () => {
    passes(5 * DAY_MS);
    expect(runs).toBe(5);
  });

  it('runs at once where the clock is set forward past its time, and not again that day', () => {
    set(2 * HOUR_MS);
    expect(runs).toBe(1);
    passes(20 * HOUR_MS);
    expect(runs).toBe(1);
    passes(3 * HOUR_MS);
    expect(runs).toBe(2);
  });

  it.each([HOUR_MS, 3 * HOUR_MS, 11 * HOUR_MS])(
    'does not run twice where the clock is set back by %i ms after it',
    (back) => {
      passes(90 * MINUTE_MS);
      expect(runs).toBe(1);
      set(-back);
      passes(back + HOUR_MS);
      expect(runs).toBe(1);
      passes(DAY_MS);
      expect(runs).toBe(2);
    },
  );

  it('does not run twice where the clock is set forward by a day just after it, and back again', () => {
    passes(90 * MINUTE_MS);
    set(DAY_MS);
    set(-DAY_MS);
    passes(2 * HOUR_MS);
    expect(runs).toBe(1);
    passes(DAY_MS);
    expect(runs).toBe(2);
  });

  it.each([2 * DAY_MS, 30_000 * DAY_MS])('is not put off where the clock is set back by %i ms', (back) => {
    set(-back);
    passes(90 * MINUTE_MS);
    expect(runs).toBe(1);
  });

  it('a machine that starts with a wrong clock, which is set right later, has it once a day all the same', () => {
    wall = Date.UTC(1970, 0, 1);
    daily = new DailyDue('02:00', now());
    passes(MINUTE_MS);
    set(new Date(2026, 0, 5, 12, 0, 0).getTime() - wall);
    expect(runs).toBe(1);
    passes(DAY_MS);
    expect(runs).toBe(2);
  });
});

it('what is no time of day is never due', () => {
  daily = new DailyDue('25:00', now());
  expect([daily.take(now()), daily.waitMs(now())]).toEqual([false, null]);
});
