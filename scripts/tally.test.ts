import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { addUp, NOTHING, readTally, verdict } from './tally.ts';

it('adds up runs and ends with one line', () => {
  const sum = addUp({ ...NOTHING, passed: 2 }, { ...NOTHING, passed: 3 });
  expect(verdict(sum, true)).toEqual({ lines: ['5 passed, 0 failed'], status: 0 });
});

it('fails when a test failed', () => {
  const failures = ['a.test.ts: holds: AssertionError'];
  expect(verdict({ ...NOTHING, passed: 2, failed: 1, failures }, false)).toEqual({
    lines: ['Failed: a.test.ts: holds: AssertionError', '2 passed, 1 failed'],
    status: 1,
  });
});

it('fails when a test was left out', () => {
  expect(verdict({ ...NOTHING, passed: 2, leftOut: 1 }, true).status).toBe(1);
});

it('fails when none ran, and when a run broke off', () => {
  expect(verdict(NOTHING, true).status).toBe(1);
  const broken = verdict({ ...NOTHING, passed: 2 }, false);
  expect(broken.status).toBe(1);
  expect(broken.lines.at(-1)).toBe('2 passed, 0 failed');
});

it('names what failed, of a test and of a file that could not be run', () => {
  const passed = { fullName: 'is well', status: 'passed', failureMessages: [] };
  const failed = {
    fullName: 'group holds',
    status: 'failed',
    failureMessages: ['AssertionError: 1 is not 2\n  at x.ts:3'],
  };
  const report = {
    numPassedTests: 1,
    numFailedTests: 1,
    testResults: [
      { name: 'a.test.ts', status: 'failed', assertionResults: [passed, failed] },
      { name: 'b.test.ts', status: 'failed', message: 'SyntaxError: no\nmore', assertionResults: [] },
      { name: 'c.test.ts', status: 'passed', assertionResults: [passed] },
    ],
  };
  expect(tallyOf(JSON.stringify(report))).toEqual({
    passed: 1,
    failed: 1,
    leftOut: 0,
    failures: ['a.test.ts: group holds: AssertionError: 1 is not 2', 'b.test.ts: SyntaxError: no'],
  });
});

it('counts a report that cannot be read as a failure', () => {
  expect(tallyOf('{').failed).toBe(1);
});

function tallyOf(text: string): ReturnType<typeof readTally> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-tally-'));
  try {
    const report = join(folder, 'report.json');
    writeFileSync(report, text);
    return readTally(report);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
