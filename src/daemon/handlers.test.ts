import { expect, it } from 'vitest';
import type { CheckOutcome } from './check-follower.ts';
import { resultOf } from './handlers.ts';

const OUTCOME: CheckOutcome = {
  check: 1,
  finished: true,
  repair: true,
  complete: true,
  itemsChecked: 9,
  bytesChecked: 90,
  differences: 5,
  left: 2,
  refused: 1,
  examples: [],
};

it.each([
  ['what it left in place or could not write', OUTCOME, { differences: 5, repaired: 2, left: 2 }],
  ['anything where it was not to repair', { ...OUTCOME, repair: false, left: 0, refused: 0 }, { repaired: 0, left: 0 }],
  ['anything where it was given up', { ...OUTCOME, finished: false }, { repaired: 0 }],
])('a check does not say that it repaired %s', (_what, outcome, said) => {
  expect(resultOf(outcome)).toMatchObject(said);
});
