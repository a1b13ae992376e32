import { FileError } from '../../kernel/files.ts';
import { isProblem, type ProblemData, toData } from '../../problems/problem.ts';
import type { FromStream, StreamQuery, ToStream } from './thread-messages.ts';

/** Answers one question; what goes wrong with it is an answer too, and ends nothing but the question. */
export function answerQuery(
  message: Extract<ToStream, { kind: 'query' }>,
  answer: (query: StreamQuery) => unknown,
): Extract<FromStream, { kind: 'answer' }> {
  try {
    return { kind: 'answer', id: message.id, answer: answer(message.query), problem: null };
  } catch (error) {
    const problem = problemOf(error);
    if (problem === null) throw error;
    return { kind: 'answer', id: message.id, answer: null, problem };
  }
}

function problemOf(error: unknown): ProblemData | null {
  if (isProblem(error)) return toData(error);
  return error instanceof FileError ? { code: 'CLI-005', parameters: { reason: error.message } } : null;
}
