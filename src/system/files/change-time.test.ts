import { expect, it } from 'vitest';
import { sameTimeForMs } from './change-time.ts';

const S = 1_800_000_000;
const at = (ms: number): bigint => BigInt(S) * 1_000_000_000n + BigInt(ms * 1_000_000);

it.each([
  ['just now', at(4), 4, 11],
  ['a moment ago', at(4), 12, 3],
  ['a tick ago', at(4), 15, 0],
  ['long ago', at(4), 100_000, 0],
  ['by a clock that is ahead', at(4), 3, 0],
  ['at a whole second', at(0), 5, 1996],
  ['at a whole second, some ago', at(0), 2001, 0],
])('a change %s may be followed by one of the same time for so long', (_when, time, nowMs, leftMs) => {
  expect(sameTimeForMs({ mtimeNs: time, ctimeNs: time }, S * 1000 + nowMs)).toBe(leftMs);
});
