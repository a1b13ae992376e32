import { Failures } from '../problems/failures.ts';
import { describe, entryOf, Problem } from '../problems/problem.ts';
import { FileError } from '../kernel/files.ts';
import type { Terminal } from '../kernel/terminal.ts';
import { UsageError } from './command.ts';
import { safe } from './shown-text.ts';

/** Tells on standard error why a command failed, and @returns its exit status. */
export function reportFailure(error: unknown, terminal: Terminal, json: boolean): number {
  if (error instanceof UsageError) {
    if (json) terminal.error(`${JSON.stringify({ problem: { code: null, message: error.message } })}\n`);
    else {
      const where = error.command === null ? '' : ` ${error.command}`;
      terminal.error(`${safe(error.message)}\nSee understudy${where} --help.\n`);
    }
    return 2;
  }
  const problems = error instanceof Failures ? error.problems : [error];
  for (const one of problems) {
    const problem = one instanceof FileError ? fileProblem(one) : one;
    terminal.error(problem instanceof Problem ? problemText(problem, json) : faultText(problem, json));
  }
  return 1;
}

/** A file that a command was told of, or looks at, and that nobody else says more about. */
function fileProblem(error: FileError): Problem {
  return new Problem('CLI-020', { path: error.path, reason: error.code }, { cause: error });
}

/** What happened, why, and what to do, as lines; or one line of JSON. */
export function problemText(problem: Problem, json: boolean): string {
  const { message, cause, resolution } = describe(problem);
  if (json) {
    const body = { code: problem.code, severity: entryOf(problem.code).severity, message, cause, resolution };
    return `${JSON.stringify({ problem: { ...body, parameters: problem.parameters } })}\n`;
  }
  return `[${problem.code}] ${safe(message)}\n  Why: ${safe(cause)}\n  What to do: ${safe(resolution)}\n`;
}

/** Not expected: a bug of ours, so the place in the program is shown too. */
function faultText(error: unknown, json: boolean): string {
  const message = error instanceof Error ? error.message : String(error);
  if (json) return `${JSON.stringify({ problem: { code: 'CLI-005', message } })}\n`;
  const text = error instanceof Error ? (error.stack ?? message) : message;
  return `This is a fault in Understudy: ${text.split('\n').map(safe).join('\n')}\n`;
}
