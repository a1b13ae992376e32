import { expect, it } from 'vitest';
import { bottleneckOf } from './bottleneck.ts';

const CALM = { sendOldestMs: 0, receiveOldestMs: 0, ageMsMax: 60_000 };

it('says nothing while changes wait no longer than allowed', () => {
  expect(bottleneckOf({ ...CALM, sendOldestMs: 60_000 })).toBeNull();
});

it('names the link when changes do not reach the passive server', () => {
  expect(bottleneckOf({ ...CALM, sendOldestMs: 60_001.4 })).toEqual({
    bottleneck: 'the link between the servers',
    ageMs: 60_001,
  });
});

it('names Apply when the passive server holds them and does not get on', () => {
  expect(bottleneckOf({ ...CALM, sendOldestMs: 10, receiveOldestMs: 70_000 })?.bottleneck).toBe(
    'Apply on the passive server',
  );
});
