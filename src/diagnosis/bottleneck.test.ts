import { expect, it } from 'vitest';
import { bottleneckOf } from './bottleneck.ts';

const CALM = { sendOldestMs: 0, receiveOldestMs: 0, diskWait: null, connectedMs: 3_600_000, ageMsMax: 60_000 };

it('says nothing while changes wait no longer than allowed', () => {
  expect(bottleneckOf({ ...CALM, sendOldestMs: 60_000 })).toBeNull();
});

it('does not blame the link for what waited while the other server was away', () => {
  expect(bottleneckOf({ ...CALM, sendOldestMs: 3_000_000, connectedMs: 0 })).toBeNull();
  expect(bottleneckOf({ ...CALM, sendOldestMs: 3_000_000, connectedMs: 60_000 })).toBeNull();
  expect(bottleneckOf({ ...CALM, sendOldestMs: 3_000_000, connectedMs: 61_000 })?.ageMs).toBe(61_000);
});

it('names the link when changes do not reach the passive server', () => {
  expect(bottleneckOf({ ...CALM, sendOldestMs: 60_001.4 })).toEqual({
    bottleneck: 'the link between the servers',
    ageMs: 60_001,
    evidence: [],
  });
});

it('names Apply when the passive server holds them and does not get on', () => {
  expect(bottleneckOf({ ...CALM, sendOldestMs: 10, receiveOldestMs: 70_000 })?.bottleneck).toBe(
    'Apply on the passive server',
  );
});

it('names the disk where the passive server waits for one most of the time, wherever the changes are by then', () => {
  const diskWait = { path: '/srv/shop', percent: 50 };
  for (const waiting of [{ sendOldestMs: 70_000 }, { receiveOldestMs: 70_000 }]) {
    expect(bottleneckOf({ ...CALM, ...waiting, diskWait })).toEqual({
      bottleneck: 'the disk of the passive server that holds /srv/shop',
      ageMs: 70_000,
      evidence: ['It waited for that disk for 50 % of the last seconds.'],
    });
  }
  const little = { ...diskWait, percent: 49 };
  expect(bottleneckOf({ ...CALM, receiveOldestMs: 70_000, diskWait: little })?.bottleneck).toMatch(/^Apply/);
});
