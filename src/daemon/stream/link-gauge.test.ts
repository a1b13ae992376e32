import { expect, it } from 'vitest';
import { ownMemory } from '../../kernel/frame-memory.ts';
import { GaugedMemory, gaugeMemory, LinkGauge } from './link-gauge.ts';

it('counts what was handed over until it left, and wakes whoever found no room, once', () => {
  const memory = gaugeMemory();
  const here = new LinkGauge(memory);
  const there = new LinkGauge(memory);
  let woken = 0;
  const sent = new GaugedMemory(ownMemory, there, () => (woken += 1));
  expect(here.room()).toBe(Number.POSITIVE_INFINITY);
  expect(there.limit(1000)).toBe(false);
  const frames = [600, 600, 600].map((bytes) => ownMemory.take(bytes));
  for (const frame of frames) here.queued(frame.length);
  expect(here.room()).toBe(0);
  sent.free(frames[0] as Uint8Array);
  expect([here.room(), woken]).toEqual([0, 0]);
  sent.free(frames[1] as Uint8Array);
  expect([here.room(), woken]).toEqual([400, 1]);
  sent.free(frames[2] as Uint8Array);
  expect([here.room(), woken]).toEqual([1000, 1]);
});

it('wakes whoever found no room when the bound is lifted', () => {
  const memory = gaugeMemory();
  const [here, there] = [new LinkGauge(memory), new LinkGauge(memory)];
  there.limit(10);
  here.queued(10);
  expect(here.room()).toBe(0);
  expect([there.limit(5), there.limit(null), there.limit(20)]).toEqual([false, true, false]);
});
