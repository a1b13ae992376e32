import { expect, it } from 'vitest';
import type { MonotonicMs } from '../kernel/units.ts';
import { RecentlyMade } from './recently-made.ts';

const at = (seconds: number): MonotonicMs => (1000 * seconds) as MonotonicMs;

it('a node is young for a minute', () => {
  const made = new RecentlyMade();
  made.add(7, at(1));
  expect(made.has(7, at(60))).toBe(true);
  expect(made.has(7, at(61))).toBe(false);
  expect(made.has(8, at(1))).toBe(false);
});

it('a number that is used again counts from then', () => {
  const made = new RecentlyMade();
  made.add(7, at(1));
  made.add(7, at(50));
  expect(made.has(7, at(100))).toBe(true);
  made.forget(7);
  expect(made.has(7, at(100))).toBe(false);
});

it('of very many the oldest are taken for old', () => {
  const made = new RecentlyMade();
  for (let node = 1; node <= 50_001; node++) made.add(node, at(1));
  expect(made.has(1, at(1))).toBe(false);
  expect(made.has(2, at(1))).toBe(true);
});
