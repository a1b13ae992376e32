import { beforeEach, expect, it } from 'vitest';
import type { MonotonicMs } from '../../kernel/units.ts';
import { DiskWaits } from './disk-waits.ts';

let now: number;
let processorMs: number;
let readyMs: number;
let waits: DiskWaits;
beforeEach(() => {
  now = 50_000;
  processorMs = 0;
  readyMs = 0;
  waits = new DiskWaits({ now: () => now as MonotonicMs, times: () => ({ processorMs, readyMs }) });
});

function works(path: string, took: { waits?: number; computes?: number; isReady?: number }): void {
  waits.during(path, () => {
    const { waits: waited = 0, computes = 0, isReady = 0 } = took;
    now += waited + computes + isReady;
    processorMs += computes;
    readyMs += isReady;
  });
}

it('of a disk that answers at once there is nothing to say', () => {
  for (let turn = 0; turn < 100; turn++) works('/data', { computes: 100 });
  expect(waits.longest()).toBeNull();
});

it('a busy processor is no slow disk', () => {
  for (let turn = 0; turn < 100; turn++) works('/data', { computes: 50, isReady: 50 });
  expect(waits.longest()).toBeNull();
});

it('the disk that is waited for most is named, with its part of the time', () => {
  for (let turn = 0; turn < 50; turn++) {
    works('/data', { waits: 120, computes: 20 });
    works('/queue', { waits: 20 });
    now += 40;
  }
  expect(waits.longest()?.path).toBe('/data');
  expect(waits.longest()?.percent).toBeGreaterThan(55);
  expect(waits.longest()?.percent).toBeLessThan(65);
});

it('one long wait counts when it is over, and is forgotten after some seconds', () => {
  works('/data', { waits: 30_000 });
  expect(waits.longest()).toEqual({ path: '/data', percent: 100 });
  now += 10_000;
  expect(waits.longest()).toBeNull();
});

it('what fails counts, too', () => {
  expect(() =>
    waits.during('/data', () => {
      now += 900;
      throw new Error('EIO');
    }),
  ).toThrow('EIO');
  expect(waits.longest()?.path).toBe('/data');
});
