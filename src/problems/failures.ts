import type { Problem } from './problem.ts';

/** Several problems at once, such as the faults of a settings file. */
export class Failures extends Error {
  override readonly name = 'Failures';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map((problem) => problem.message).join(' '));
    this.problems = problems;
  }
}
