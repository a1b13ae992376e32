import { expect, it } from 'vitest';
import { failureOf, lastLinesOf } from './program-words.ts';

it('has the last words of a program, errors last, and none of them endless', () => {
  const end = { status: 1, output: 'one\n\ntwo  \n', error: `${'x'.repeat(10_000)}\n` };
  expect(lastLinesOf(end, 2)).toEqual(['two', 'x'.repeat(500)]);
  expect(lastLinesOf({ status: 0, output: '', error: '\n' }, 2)).toEqual([]);
});

it.each([
  [{ status: 0, output: 'fine', error: '' }, null],
  [{ status: 3, output: '', error: 'no paper' }, 'its exit status is 3'],
  [{ status: null, output: '', error: 'it was ended after 2 s' }, 'it was ended after 2 s'],
  [{ status: null, output: '', error: '' }, 'a signal ended it'],
])('says why a program failed: %j', (end, failure) => {
  expect(failureOf(end)).toBe(failure);
});
