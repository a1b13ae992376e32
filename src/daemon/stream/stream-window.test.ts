import { expect, it } from 'vitest';
import { GIB, MIB } from '../../kernel/units.ts';
import { isNearlyFull } from './stream-window.ts';

it.each([
  [0, GIB, false],
  [GIB - 4 * MIB, GIB, false],
  [GIB - 4 * MIB + 1, GIB, true],
  // So little space that only an empty queue may take more.
  [0, MIB, false],
  [1, MIB, true],
])('a queue of %i bytes of at most %i is nearly full: %s', (bytes, bytesMax, expected) => {
  expect(isNearlyFull({ bytes }, bytesMax)).toBe(expected);
});
