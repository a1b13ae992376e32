import { beforeEach, expect, it } from 'vitest';
import type { MonotonicMs } from '../../kernel/units.ts';
import { NoticesWait } from './notices-wait.ts';

let nowMs: number;
/** When the next order comes, and the next notice. */
let orderAtMs: number;
let noticeAtMs: number;
let wait: NoticesWait;

beforeEach(() => {
  nowMs = 100;
  orderAtMs = Number.POSITIVE_INFINITY;
  noticeAtMs = Number.POSITIVE_INFINITY;
  const until = (atMs: number, timeoutMs: number): boolean => {
    nowMs = Math.max(nowMs, Math.min(nowMs + timeoutMs, atMs));
    return atMs <= nowMs;
  };
  wait = new NoticesWait({
    forAnything: (timeoutMs) => until(Math.min(orderAtMs, noticeAtMs), timeoutMs),
    forOrders: (timeoutMs) => until(orderAtMs, timeoutMs),
    hadNotices: () => noticeAtMs <= nowMs,
    clock: { monotonicMs: () => nowMs as MonotonicMs },
  });
});

function sleep(timeoutMs: number): number {
  wait.sleep(timeoutMs);
  return nowMs;
}

it('wakes for a notice at once, and for those that follow it together', () => {
  noticeAtMs = 110;
  expect(sleep(500)).toBe(110);
  noticeAtMs = 110.1;
  expect(sleep(500)).toBe(112);
  noticeAtMs = 150;
  expect(sleep(500)).toBe(150);
});

it('wakes for an order meanwhile, and when it is time', () => {
  noticeAtMs = 110;
  sleep(500);
  orderAtMs = 111;
  expect(sleep(500)).toBe(111);
  orderAtMs = Number.POSITIVE_INFINITY;
  expect(sleep(0.5)).toBe(111.5);
});

it('lets no notice wait that follows an order', () => {
  orderAtMs = 110;
  sleep(500);
  [orderAtMs, noticeAtMs] = [Number.POSITIVE_INFINITY, 110.1];
  expect(sleep(500)).toBe(110.1);
});
