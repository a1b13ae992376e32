import { expect, it } from 'vitest';
import { fromText } from '../kernel/byte-string.ts';
import { type Attempt, Attempts } from './attempts.ts';

function trial() {
  const told: (readonly Attempt[])[] = [];
  const described: number[] = [];
  const clock = { nowMs: 1000 };
  const attempts = new Attempts({
    tell: (some) => void told.push(some),
    describe: (threadId) => {
      described.push(threadId);
      return { processId: threadId, name: 'sh', commandLine: '', unit: null };
    },
    nowMs: () => clock.nowMs,
  });
  return { attempts, told, described, clock };
}

it('tells the first one at once, and counts those that follow until it tells again', () => {
  const { attempts, told, described, clock } = trial();
  attempts.note(7, 'create', fromText('/a'));
  expect(told).toMatchObject([[{ deed: 'create', path: '/a', count: 1, caller: { processId: 7 } }]]);
  for (let time = 0; time < 1000; time++) attempts.note(7, 'create', fromText('/a'));
  attempts.note(8, 'delete', fromText('/b'));
  attempts.step();
  expect(told).toHaveLength(1);
  expect(described).toEqual([7, 7, 8]);
  clock.nowMs += 250;
  attempts.step();
  expect(told[1]).toMatchObject([
    { deed: 'create', path: '/a', count: 1000 },
    { deed: 'delete', path: '/b', count: 1 },
  ]);
  clock.nowMs += 250;
  attempts.step();
  expect(told).toHaveLength(2);
});

it('keeps a bounded number of them, and loses none of the count', () => {
  const { attempts, told, clock } = trial();
  attempts.note(7, 'create', fromText('/first'));
  for (let time = 0; time < 5000; time++) attempts.note(7, 'create', fromText(`/${String(time)}`));
  clock.nowMs += 250;
  attempts.step();
  expect(told[1]).toHaveLength(64);
  expect(told[1]?.reduce((sum, { count }) => sum + count, 0)).toBe(5000);
});

it('does not look for a thread that has no number here', () => {
  const { attempts, told, described } = trial();
  attempts.note(0, 'create', fromText('/a'));
  expect(described).toEqual([]);
  expect(told).toMatchObject([[{ caller: null }]]);
});
