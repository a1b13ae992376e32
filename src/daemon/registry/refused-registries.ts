import { patternsOf } from '../../changes/changing-set.ts';
import { protectedSet } from '../../changes/protected-set.ts';
import { fromText, isWithin } from '../../kernel/byte-string.ts';
import { Problem } from '../../problems/problem.ts';
import type { PairSettings, RegistrySettings } from '../../settings/settings.ts';
import type { RegistryFiles } from './registry-files.ts';
import { sharedKeys } from './shared-keys.ts';

/**
 * By their names, the registries that may not be protected. Pure.
 * @param files - of each, in the same order.
 */
export function refusedRegistries(
  registries: readonly RegistrySettings[],
  files: readonly RegistryFiles[],
  protectedFiles: PairSettings['protect']['files'],
): Map<string, Problem> {
  const set = protectedSet(patternsOf(protectedFiles));
  const isCovered = (path: string): boolean => {
    const at = fromText(path);
    return set.folders.some((folder) => isWithin(at, folder.path)) && set.covers(at, false);
  };
  const refused = new Map<string, Problem>();
  for (const [index, own] of registries.entries()) {
    const { name } = own;
    const { paths = [], path = '' } = files[index] ?? {};
    if (paths.some(isCovered)) {
      refused.set(name, new Problem('REG-006', { store: name, path }));
      continue;
    }
    for (const [at, other] of registries.slice(0, index).entries()) {
      if (refused.has(other.name) || !isSamePlace(own, other, [paths, files[at]?.paths ?? []])) continue;
      const shared = sharedKeys(own, other);
      if (shared === null) continue;
      const [pattern, others] = [`${name}:${shared.own}`, `${other.name}:${shared.other}`];
      refused.set(name, new Problem('REG-017', { store: name, pattern, other: others }));
      break;
    }
  }
  return refused;
}

function isSamePlace(
  one: RegistrySettings,
  other: RegistrySettings,
  [paths, others]: readonly [readonly string[], readonly string[]],
): boolean {
  if (one.provider !== other.provider) return false;
  return one.path === other.path || paths.some((path) => others.includes(path));
}
