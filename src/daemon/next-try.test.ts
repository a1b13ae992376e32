import { expect, it } from 'vitest';
import { putOffNextTry } from './next-try.ts';

/** What is waited for, and whether that was taken back at the end. */
function trial(start: { isManaged?: boolean; ranMs?: number; stopAsked?: Promise<unknown> }) {
  const waits: number[] = [];
  let fire = (): void => {};
  let cancelled = 0;
  const timers = {
    after: (delayMs: number, action: () => void) => {
      waits.push(delayMs);
      fire = action;
      return () => (cancelled += 1);
    },
  };
  const ended = putOffNextTry({ isManaged: true, ranMs: 400, stopAsked: new Promise(() => {}), ...start, timers });
  return { ended, waits, fire: () => fire(), cancelled: () => cancelled };
}

it('the next try of a service manager is put off until three seconds after the start', async () => {
  const { ended, waits, fire } = trial({});
  expect(waits).toEqual([2600]);
  let isEnded = false;
  void ended.then(() => (isEnded = true));
  await Promise.resolve();
  expect(isEnded).toBe(false);
  fire();
  await ended;
});

it('a stop ends the wait', async () => {
  const { ended, cancelled } = trial({ stopAsked: Promise.resolve('stop') });
  await ended;
  expect(cancelled()).toBe(1);
});

it.each([{ isManaged: false }, { ranMs: 3000 }])('nothing is put off with %j', async (start) => {
  const { ended, waits } = trial(start);
  await ended;
  expect(waits).toEqual([]);
});
