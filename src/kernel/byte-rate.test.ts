import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteRate } from './byte-rate.ts';
import type { MonotonicMs } from './units.ts';

it('holds any flow to the rate over any length of time, but for one burst and one piece', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1000, max: 10_000_000 }),
      fc.array(fc.tuple(fc.nat(3000), fc.integer({ min: 1, max: 300_000 })), { minLength: 1, maxLength: 60 }),
      (bytesPerSecond, pieces) => {
        let now = 0;
        let sent = 0;
        const rate = new ByteRate(bytesPerSecond, 0 as MonotonicMs);
        for (const [pauseMs, bytes] of pieces) {
          now += pauseMs;
          const waitMs = rate.waitMs(now as MonotonicMs);
          now += waitMs;
          expect(rate.waitMs(now as MonotonicMs)).toBe(0);
          expect(sent).toBeLessThanOrEqual((bytesPerSecond * (now + 100)) / 1000);
          rate.spend(bytes);
          sent += bytes;
        }
      },
    ),
  );
});

it('lets everything go where there is no bound, and forgets what it was held to', () => {
  const rate = new ByteRate(0, 0 as MonotonicMs);
  rate.spend(1e12);
  expect(rate.waitMs(0 as MonotonicMs)).toBe(0);
  rate.change(1000, 5 as MonotonicMs);
  rate.spend(5000);
  expect(rate.isSpent).toBe(true);
  expect(rate.waitMs(5 as MonotonicMs)).toBeGreaterThan(4000);
  rate.change(0, 6 as MonotonicMs);
  expect([rate.waitMs(6 as MonotonicMs), rate.isSpent]).toEqual([0, false]);
});
