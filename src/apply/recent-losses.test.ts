import { expect, it } from 'vitest';
import type { MonotonicMs } from '../kernel/units.ts';
import { RecentLosses } from './recent-losses.ts';

const at = (seconds: number): MonotonicMs => (1000 * seconds) as MonotonicMs;

it('losses are forgotten after a minute', () => {
  const recent = new RecentLosses();
  recent.note(at(5), 3);
  recent.note(at(30), 4);
  expect(recent.lost(at(64))).toBe(7);
  expect(recent.lost(at(65))).toBe(4);
  expect(recent.lost(at(1000))).toBe(0);
});
