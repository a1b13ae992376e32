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

/** How each pattern of the settings stands, as far as the patterns alone tell. Pure. */
export function filterStates(files: PairSettings['protect']['files']): Filter[] {
  const { include, exclude, refused } = files;
  return [
    ...include.map((pattern, index) => stateOfInclude(pattern, index, files)),
    ...refused.map(({ pattern, reason }) => filter('include', pattern, 'Not Effective', `it ${reason}`)),
    ...exclude.map((pattern, index) => stateOfExclude(pattern, index, { include, exclude })),
  ];
}

function stateOfInclude(
  pattern: string,
  index: number,
  { include, exclude }: Pick<PairSettings['protect']['files'], 'include' | 'exclude'>,
): Filter {
  const excluding = exclude.find((one) => containsPattern(below(one), pattern));
  if (excluding !== undefined) return filter('include', pattern, 'Not Effective', `${excluding} excludes all of it`);
  const wider = widerThan(pattern, index, include);
  if (wider !== null) return filter('include', pattern, 'Subset', `${wider} includes all of it`);
  return filter('include', pattern, 'Effective', 'what it names is protected');
}

function stateOfExclude(
  pattern: string,
  index: number,
  { include, exclude }: Pick<PairSettings['protect']['files'], 'include' | 'exclude'>,
): Filter {
  if (!include.some((one) => mayMeet(pattern, one)))
    return filter('exclude', pattern, 'Not Effective', 'nothing that is included can match it');
  const wider = widerThan(pattern, index, exclude.map(below));
  if (wider !== null) return filter('exclude', pattern, 'Subset', `${wider} excludes all of it`);
  return filter('exclude', pattern, 'Effective', 'what it names is left out, and all below it');
}

/** Of two that name the same the first counts. */
function widerThan(pattern: string, index: number, all: readonly string[]): string | null {
  const own = all[index] ?? pattern;
  for (const [at, other] of all.entries()) {
    if (at === index || !containsPattern(other, pattern)) continue;
    if (at < index || !containsPattern(own, other)) return other;
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
