import { expect, it } from 'vitest';
import { outcomesText } from './outcomes.ts';

const same = (bytesPerChange: number) => ({ bytesPerChange, isSame: true });
const never = { bytesPerChange: 9_000_000, isSame: false };

it.each([
  ['all the same', [same(4096), same(8192), same(12_288)], 4096, '2.00 (1.00 – 3.00)'],
  ['of what writes nothing', [same(100), same(300)], 0, '200 (100 – 300)'],
  [
    'one that never got there is told, and in no figure',
    [same(4096), never, same(4096)],
    4096,
    '1.00 (1.00 – 1.00); never the same: 1 of 3',
  ],
  ['none ever got there', [never, never], 4096, 'never the same: 2 of 2'],
])('%s', (_, outcomes, changeBytes, text) => {
  expect(outcomesText(outcomes, changeBytes)).toBe(text);
});
