import { describe, entryOf, type ProblemData } from '../../problems/problem.ts';
import type { StreamEvent } from './thread-messages.ts';

/** A problem that happened and is over, as a line of the history. */
export function problemEvent(problem: ProblemData, item: string | null = null): StreamEvent {
  return { code: problem.code, level: entryOf(problem.code).severity, text: describe(problem).message, item };
}
