import { expect, it } from 'vitest';
import { addUp, NOTHING, verdict } from './tally.ts';

it('adds up runs and ends with one line', () => {
  const sum = addUp({ passed: 2, failed: 0, leftOut: 0 }, { passed: 3, failed: 0, leftOut: 0 });
  expect(verdict(sum, true)).toEqual({ lines: ['5 passed, 0 failed'], status: 0 });
});

it('fails when a test failed', () => {
  expect(verdict({ passed: 2, failed: 1, leftOut: 0 }, false)).toEqual({ lines: ['2 passed, 1 failed'], status: 1 });
});

it('fails when a test was left out', () => {
  expect(verdict({ passed: 2, failed: 0, leftOut: 1 }, true).status).toBe(1);
});

it('fails when none ran, and when a run broke off', () => {
  expect(verdict(NOTHING, true).status).toBe(1);
  const broken = verdict({ passed: 2, failed: 0, leftOut: 0 }, false);
  expect(broken.status).toBe(1);
  expect(broken.lines.at(-1)).toBe('2 passed, 0 failed');
});
