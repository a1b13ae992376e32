import { keyPatternAsPath } from './key-pattern.ts';
import { containsPattern, mayMeet } from './path-pattern.ts';
import type { PairSettings } from './settings.ts';

/** Does a pattern do what it says? In the words that users of the trade know. */
export type FilterState = 'Effective' | 'Subset' | 'Not Effective';

/** An include or exclude pattern, and what it does. */
export interface Filter {
  readonly kind: 'include' | 'exclude';
  readonly pattern: string;
  readonly state: FilterState;
  /** Why, in words. */
  readonly detail: string;
}

/** A pattern as a path, and as people know it. */
interface Named {
  readonly path: string;
  readonly shown: string;
}

interface Patterns {
  readonly include: readonly Named[];
  readonly exclude: readonly Named[];
}

/** How each pattern of the settings stands, as far as the patterns alone tell; those of a registry behind its name. Pure. */
export function filterStates({ files, registry }: Pick<PairSettings['protect'], 'files' | 'registry'>): Filter[] {
  const asIs = (pattern: string): Named => ({ path: pattern, shown: pattern });
  const of = { include: files.include.map(asIs), exclude: files.exclude.map(asIs) };
  return [
    ...statesOfIncludes(of),
    ...files.refused.map(({ pattern, reason }) => filter('include', pattern, 'Not Effective', `it ${reason}`)),
    ...statesOfExcludes(of),
    ...registry.flatMap(({ name, include, exclude }) => {
      const ofKeys = (pattern: string): Named => ({ path: keyPatternAsPath(pattern), shown: `${name}:${pattern}` });
      const keys = { include: include.map(ofKeys), exclude: exclude.map(ofKeys) };
      return [...statesOfIncludes(keys), ...statesOfExcludes(keys)];
    }),
  ];
}

function statesOfIncludes({ include, exclude }: Patterns): Filter[] {
  return include.map(({ path, shown }, index) => {
    const excluding = exclude.find((one) => containsPattern(below(one.path), path));
    if (excluding !== undefined) {
      return filter('include', shown, 'Not Effective', `${excluding.shown} excludes all of it`);
    }
    const wider = widerThan(index, include);
    if (wider !== null) return filter('include', shown, 'Subset', `${wider.shown} includes all of it`);
    return filter('include', shown, 'Effective', 'what it names is protected');
  });
}

function statesOfExcludes({ include, exclude }: Patterns): Filter[] {
  const all = exclude.map(({ path, shown }) => ({ path: below(path), shown }));
  return exclude.map(({ path, shown }, index) => {
    if (!include.some((one) => mayMeet(path, one.path))) {
      return filter('exclude', shown, 'Not Effective', 'nothing that is included can match it');
    }
    const wider = widerThan(index, all);
    if (wider !== null) return filter('exclude', shown, 'Subset', `${wider.shown} excludes all of it`);
    return filter('exclude', shown, 'Effective', 'what it names is left out, and all below it');
  });
}

/** Of two that name the same the first counts. */
function widerThan(index: number, all: readonly Named[]): Named | null {
  const own = all[index];
  if (own === undefined) return null;
  for (const [at, other] of all.entries()) {
    if (at === index || !containsPattern(other.path, own.path)) continue;
    if (at < index || !containsPattern(own.path, other.path)) return other;
  }
  return null;
}

/** An exclude takes with it everything below what it matches. */
function below(exclude: string): string {
  return exclude.endsWith('/**') ? exclude : `${exclude}/**`;
}

function filter(kind: Filter['kind'], pattern: string, state: FilterState, detail: string): Filter {
  return { kind, pattern, state, detail };
}
