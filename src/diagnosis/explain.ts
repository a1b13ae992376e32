import { CATALOGUE } from '../problems/catalogue.ts';
import type { Remedy, Severity } from '../problems/entry.ts';
import { entryOf, type ProblemCode } from '../problems/problem.ts';
import { sectionOf } from './chapter.ts';

/** A kind of problem in general, without an instance of it. Values show as `<path>`. */
export interface Explanation {
  readonly code: string;
  readonly severity: Severity;
  readonly what: string;
  readonly why: string;
  /** Who acts, as a sentence. */
  readonly who: string;
  readonly resolution: string;
  /** Section of the troubleshooting chapter; null where it stands in none. */
  readonly section: { readonly title: string; readonly symptom: string } | null;
}

const WHO: Readonly<Record<Remedy, string>> = {
  retry: 'Understudy tries again by itself.',
  operator: 'An operator has to act.',
  bug: 'This is a fault in Understudy.',
};

/** Every code there is, in the order of the catalogue. */
export const PROBLEM_CODES: readonly ProblemCode[] = Object.keys(CATALOGUE) as ProblemCode[];

/** @returns null for a code that is not in the catalogue; case and brackets don't matter. */
export function explain(code: string): Explanation | null {
  const wanted = code.replace(/^\[|\]$/g, '').toUpperCase();
  const found = PROBLEM_CODES.find((known) => known === wanted);
  if (found === undefined) return null;
  const entry = entryOf(found);
  return {
    code: found,
    severity: entry.severity,
    what: shown(entry.message),
    why: shown(entry.cause),
    who: WHO[entry.remedy],
    resolution: shown(entry.resolution),
    section: sectionShown(found),
  };
}

function sectionShown(code: string): Explanation['section'] {
  const section = sectionOf(code);
  return section === null ? null : { title: section.title, symptom: section.symptom };
}

function shown(template: string): string {
  return template.replace(/\{(\w+)\}/g, '<$1>');
}
