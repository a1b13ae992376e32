import { expect, it } from 'vitest';
import { requireTime } from './dressing.ts';
import { reasonOf } from './reasons.ts';

const IN_2026 = 1_790_000_000;

it.each([
  ['the same', { seconds: IN_2026, nanoseconds: 5 }, { seconds: IN_2026, nanoseconds: 5 }, null],
  ['the tick before', { seconds: IN_2026, nanoseconds: 5 }, { seconds: IN_2026 - 1, nanoseconds: 0 }, /cannot hold it/],
  [
    'the last time there is',
    { seconds: 2 ** 33, nanoseconds: 0 },
    { seconds: 2 ** 31 - 1, nanoseconds: 0 },
    /cannot hold it/,
  ],
  [
    'the first time there is',
    { seconds: 0, nanoseconds: 0 },
    { seconds: 315_532_800, nanoseconds: 0 },
    /cannot hold it/,
  ],
  [
    'one of another program',
    { seconds: IN_2026, nanoseconds: 5 },
    { seconds: IN_2026 + 60, nanoseconds: 7 },
    /another program/,
  ],
  [
    'one of another program a moment later',
    { seconds: IN_2026, nanoseconds: 5 },
    { seconds: IN_2026, nanoseconds: 4_000_000 },
    /another program/,
  ],
])('a time that was set is afterwards %s', (_, wanted, found, reason) => {
  const refused = requireTime(inFile(found), inFile(wanted));
  if (reason === null) expect(refused).toBeNull();
  else expect(refused === null ? '' : reasonOf(refused)).toMatch(reason);
});

function inFile({ seconds, nanoseconds }: { seconds: number; nanoseconds: number }): {
  mtimeSeconds: number;
  mtimeNanoseconds: number;
} {
  return { mtimeSeconds: seconds, mtimeNanoseconds: nanoseconds };
}
