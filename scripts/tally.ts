import { readFileSync } from 'node:fs';

/** Longer ones hold whole statuses. */
const LINE_LENGTH_MAX = 300;

/** What became of the tests of one or more runs. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** Skipped, or only planned. */
  readonly leftOut: number;
  /** Which failed, each with the first line of why. */
  readonly failures: readonly string[];
}

export const NOTHING: Tally = { passed: 0, failed: 0, leftOut: 0, failures: [] };

/** As far as it is read of a report (Jest's format). */
interface Report {
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly numPendingTests?: number;
  readonly numTodoTests?: number;
  readonly testResults?: readonly FileReport[];
}

interface FileReport {
  readonly name: string;
  readonly status: string;
  /** Why the file itself could not be run. */
  readonly message?: string;
  readonly assertionResults: readonly {
    readonly fullName: string;
    readonly status: string;
    readonly failureMessages?: readonly string[] | null;
  }[];
}

export function addUp(one: Tally, other: Tally): Tally {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    leftOut: one.leftOut + other.leftOut,
    failures: [...one.failures, ...other.failures],
  };
}

/**
 * The closing lines, the last of which is `N passed, N failed`, and the exit status.
 * @param ended - every run ended well and ran at least one test.
 */
export function verdict(tally: Tally, ended: boolean): { lines: string[]; status: 0 | 1 } {
  const lines = tally.failures.map((failure) => `Failed: ${failure}`);
  if (tally.leftOut > 0) lines.push(`${tally.leftOut} tests were left out; every test must run.`);
  if (!ended && tally.failed === 0) lines.push('A run of the tests broke off, or ran no test at all.');
  lines.push(`${tally.passed} passed, ${tally.failed} failed`);
  const well = ended && tally.failed === 0 && tally.leftOut === 0 && tally.passed > 0;
  return { lines, status: well ? 0 : 1 };
}

/** Reads the JSON report of a run. A run that wrote no report counts as one failure: nobody knows what it would have said. */
export function readTally(report: string): Tally {
  try {
    const told = JSON.parse(readFileSync(report, 'utf8')) as Report;
    return {
      passed: told.numPassedTests ?? 0,
      failed: told.numFailedTests ?? 0,
      leftOut: (told.numPendingTests ?? 0) + (told.numTodoTests ?? 0),
      failures: (told.testResults ?? []).flatMap(failuresOf),
    };
  } catch (error) {
    process.stdout.write(`No report of the tests: ${String(error)}\n`);
    return { ...NOTHING, failed: 1 };
  }
}

function failuresOf(file: FileReport): string[] {
  const failed = file.assertionResults.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return file.status === 'failed' ? [`${file.name}: ${firstLine(file.message)}`] : [];
  return failed.map((test) => `${file.name}: ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`);
}

function firstLine(text: string | undefined): string {
  const line = text?.split('\n', 1)[0] ?? '';
  return line === '' ? 'no reason was given' : line.slice(0, LINE_LENGTH_MAX);
}
