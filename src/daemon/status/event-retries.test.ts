import { expect, it } from 'vitest';
import { EventRetries } from './event-retries.ts';
import { HandTime } from '../hand-time.testing.ts';

function trial() {
  const time = new HandTime();
  const kept: number[] = [];
  const disk = { works: true };
  const retries = new EventRetries<number>(
    (event) => {
      if (disk.works) kept.push(event);
      return disk.works;
    },
    (delayMs, action) => time.after(delayMs, action),
  );
  return { time, kept, disk, retries };
}

it('what could not be kept is kept once it can be, in order, and nothing is tried any more then', () => {
  const { time, kept, disk, retries } = trial();
  retries.add(1);
  disk.works = false;
  for (const event of [2, 3]) retries.add(event);
  time.advance(5000);
  disk.works = true;
  retries.add(4);
  expect(kept).toEqual([1]);
  time.advance(1000);
  expect(kept).toEqual([1, 2, 3, 4]);
  expect(time.waiting).toBe(0);
});

it('what waits is bounded', () => {
  const { time, kept, disk, retries } = trial();
  disk.works = false;
  for (let event = 0; event < 1500; event++) retries.add(event);
  disk.works = true;
  time.advance(1000);
  expect(kept.length).toBe(1000);
});

it('at the end what waits is tried once more', () => {
  const { time, kept, disk, retries } = trial();
  disk.works = false;
  retries.add(1);
  disk.works = true;
  retries.end();
  expect([kept, time.waiting]).toEqual([[1], 0]);
});
