import { expect, it } from 'vitest';
import type { MonotonicMs } from '../../kernel/units.ts';
import { CheckWish } from './check-wish.ts';

const UNVERIFIED = { isVerified: false, isRunning: false };
const RUNNING = { isVerified: false, isRunning: true };
const VERIFIED = { isVerified: true, isRunning: false };

/** Seconds at which it is asked for, looked at once a second. */
function askedAt(wish: CheckWish, from: number, to: number, state = UNVERIFIED): number[] {
  const asked: number[] = [];
  for (let second = from; second < to; second++)
    if (wish.isDue((second * 1000) as MonotonicMs, state)) asked.push(second);
  return asked;
}

it('a check is asked for until one has verified everything, ever more rarely', () => {
  const wish = new CheckWish();
  expect(askedAt(wish, 0, 80)).toEqual([5, 15, 35, 75]);
  expect(askedAt(wish, 80, 90, VERIFIED)).toEqual([]);
  expect(askedAt(wish, 90, 100)).toEqual([95]);
});

it('none is asked for while one runs, nor soon after one that took long', () => {
  const wish = new CheckWish();
  expect(askedAt(wish, 0, 10, RUNNING)).toEqual([]);
  expect(askedAt(wish, 10, 200)[0]).toBe(110);
});

it('where one is known to be needed it is asked for at once', () => {
  const wish = new CheckWish();
  wish.isDue(0 as MonotonicMs, VERIFIED);
  wish.hurry();
  expect(wish.isDue(1 as MonotonicMs, UNVERIFIED)).toBe(true);
});
