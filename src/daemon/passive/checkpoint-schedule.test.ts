import { expect, it } from 'vitest';
import { MIB, type MonotonicMs } from '../../kernel/units.ts';
import { CheckpointSchedule } from './checkpoint-schedule.ts';

const at = (ms: number): MonotonicMs => ms as MonotonicMs;

/** The last one was begun at 10,000. */
function made(): CheckpointSchedule {
  const schedule = new CheckpointSchedule();
  schedule.begun(at(10_000));
  return schedule;
}

it('a checkpoint is due a little after the last work', () => {
  const schedule = made();
  schedule.worked(at(10_100));
  expect(schedule.dueInMs(at(10_150))).toBe(150);
  expect(schedule.dueInMs(at(10_300))).toBe(0);
});

it('it is due now and then while work goes on', () => {
  const schedule = made();
  schedule.worked(at(12_990));
  expect(schedule.dueInMs(at(12_995))).toBe(5);
  expect(schedule.dueInMs(at(13_000))).toBe(0);
});

it('it is due at once where it alone is awaited, but not time and again', () => {
  const schedule = made();
  schedule.worked(at(11_100));
  expect(schedule.dueInMs(at(11_100), true)).toBe(0);
  schedule.begun(at(11_100));
  schedule.worked(at(11_150));
  expect(schedule.dueInMs(at(11_150), true)).toBe(200);
});

it('it is due after much has come', () => {
  const schedule = made();
  schedule.worked(at(10_100));
  schedule.received(64 * MIB);
  expect(schedule.dueInMs(at(10_101))).toBe(0);
  schedule.begun(at(10_101));
  expect(schedule.dueInMs(at(10_102))).toBeGreaterThan(0);
});

it('one that found no space is tried again later, however due it is', () => {
  const schedule = made();
  schedule.received(64 * MIB);
  schedule.refused(at(11_000), 1000);
  expect(schedule.isRefused).toBe(true);
  expect(schedule.dueInMs(at(11_400))).toBe(600);
  expect(schedule.dueInMs(at(12_000))).toBe(0);
  schedule.made();
  expect(schedule.isRefused).toBe(false);
});
