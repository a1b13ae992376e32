import { coveredPart, withoutShells } from '../support/covered-manifest.ts';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { PROTECTED, type SimulatedServer } from './simulated-server.ts';

/** What the settings may leave out. */
const EXCLUDES: readonly (readonly string[])[] = [
  [],
  [`${PROTECTED}/name1`, `${PROTECTED}/**/name2`],
  [`${PROTECTED}/**/name3/**`],
  [`${PROTECTED}/*/name0`, `${PROTECTED}/name4`],
];

/**
 * Edits pair.yaml on the active server. The passive one learns it from the stream; its own pair.yaml may
 * come later, or have come before.
 * @returns what was done, in words.
 */
export function changeFilters(active: SimulatedServer, passive: SimulatedServer, random: SeededRandom): string {
  const filters = { include: [`${PROTECTED}/**`], exclude: random.pick(EXCLUDES) ?? [] };
  active.filters = filters;
  if (random.chance(0.5)) passive.filters = filters;
  if (active.isRunning) active.request({ kind: 'filters', ...filters });
  return `filters ${filters.exclude.join(' ')}`;
}

/** How the two copies of what is protected differ, in words. */
export function protectedDifferences(active: SimulatedServer, passive: SimulatedServer): string[] {
  const expected = coveredPart(manifestOf(active.root), PROTECTED, active.filters);
  const all = manifestOf(passive.root);
  return compareManifests(expected, withoutShells(all, coveredPart(all, PROTECTED, active.filters), expected));
}
