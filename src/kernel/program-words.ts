import type { ProgramEnd } from './programs.ts';

const LINE_LENGTH_MAX = 500;

/** The last lines that a program wrote, without empty ones, each cut where it is long; of both outputs the errors last. */
export function lastLinesOf({ output, error }: ProgramEnd, count: number): string[] {
  const lines = `${output}\n${error}`.split('\n').map((line) => line.trimEnd());
  return lines
    .filter((line) => line !== '')
    .slice(-count)
    .map((line) => line.slice(0, LINE_LENGTH_MAX));
}

/** Why a program did not end as it is to, as the end of a sentence; null where it did. */
export function failureOf(end: ProgramEnd): string | null {
  if (end.status === 0) return null;
  if (end.status !== null) return `its exit status is ${String(end.status)}`;
  // It could not be started, or took too long.
  return lastLinesOf(end, 1)[0] ?? 'a signal ended it';
}
