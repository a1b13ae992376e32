import { Problem } from '../problems/problem.ts';
import type { RegistryDifference } from './reconcile.ts';
import { shownItem } from './shown-key.ts';

const EXAMPLES_MAX = 3;

/** REG-010 where something would be lost that a pair never had; null where nothing would. Pure. */
export function firstQuestion(store: string, differences: readonly RegistryDifference[]): Problem | null {
  const lost = differences.filter(({ loses }) => loses);
  if (lost.length === 0) return null;
  const orphans = lost.filter(({ isOrphan }) => isOrphan).length;
  const examples = lost.slice(0, EXAMPLES_MAX).map(({ key, what }) => `${shownItem(store, key)}: ${what}`);
  return new Problem('REG-010', { store, replaced: lost.length - orphans, orphans, examples: examples.join('; ') });
}
