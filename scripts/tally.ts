import { readFileSync } from 'node:fs';

/** What became of the tests of one or more runs. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** Skipped, or only planned. */
  readonly leftOut: number;
}

export const NOTHING: Tally = { passed: 0, failed: 0, leftOut: 0 };

export function addUp(one: Tally, other: Tally): Tally {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    leftOut: one.leftOut + other.leftOut,
  };
}

/**
 * The closing lines, the last of which is `N passed, N failed`, and the exit status.
 * @param ended - every run ended well and ran at least one test.
 */
export function verdict(tally: Tally, ended: boolean): { lines: string[]; status: 0 | 1 } {
  const lines: string[] = [];
  if (tally.leftOut > 0) lines.push(`${tally.leftOut} tests were left out; every test must run.`);
  if (!ended && tally.failed === 0) lines.push('A run of the tests broke off, or ran no test at all.');
  lines.push(`${tally.passed} passed, ${tally.failed} failed`);
  const well = ended && tally.failed === 0 && tally.leftOut === 0 && tally.passed > 0;
  return { lines, status: well ? 0 : 1 };
}

/** Reads the JSON report of a run. A run that wrote no report counts as one failure: nobody knows what it would have said. */
export function readTally(report: string): Tally {
  try {
    const told = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
    return {
      passed: told['numPassedTests'] ?? 0,
      failed: told['numFailedTests'] ?? 0,
      leftOut: (told['numPendingTests'] ?? 0) + (told['numTodoTests'] ?? 0),
    };
  } catch (error) {
    process.stdout.write(`No report of the tests: ${String(error)}\n`);
    return { ...NOTHING, failed: 1 };
  }
}
