import { type Explanation, explain } from '../diagnosis/explain.ts';
import { entryOf, type ProblemCode } from '../problems/problem.ts';

/**
 * A code in general, in sentences to read. What only a case can say (its reason, a list in parentheses)
 * is left out; other values show as `<path>`.
 * @returns null for a code that is not in the catalogue.
 */
export function explained(code: string): Explanation | null {
  const found = explain(code);
  if (found === null) return null;
  const entry = entryOf(found.code as ProblemCode);
  return {
    ...found,
    what: inGeneral(entry.message),
    why: inGeneral(entry.cause),
    resolution: inGeneral(entry.resolution),
  };
}

/** Does Understudy act by itself? Its resolution then says how. */
export function isRetried(code: string): boolean {
  return entryOf(code as ProblemCode).remedy === 'retry';
}

function inGeneral(template: string): string {
  return template
    .replace(/\{hint\} ?/g, '')
    .replace(/ \(\{\w+\}\)/g, '')
    .replace(/: \{reason\}(?=[.;,])/g, (clause, at: number) => (saysSomething(template.slice(0, at)) ? '' : clause))
    .replace(/\{(\w+)\}/g, '<$1>')
    .trim();
}

function saysSomething(template: string): boolean {
  return /[a-z]{2}/i.test(template.replace(/\{\w+\}/g, ''));
}
