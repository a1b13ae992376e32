import type { RegistryDifference } from './reconcile.ts';
import type { RegistryEdit } from './registry-edit.ts';
import type { RegistryTree } from './registry-tree.ts';

/**
 * Keys of which something is about to go, with all that they hold. Pure.
 * @param options.keepsOrphans - also those that are not expected.
 */
export function whatGoes(
  differences: readonly RegistryDifference[],
  options: { readonly actual: RegistryTree; readonly expected: RegistryTree | null; readonly keepsOrphans: boolean },
): readonly RegistryEdit[] {
  const { actual, expected, keepsOrphans } = options;
  const going: RegistryEdit[] = [];
  for (const path of new Set(differences.filter((one) => one.loses).map(({ key }) => key))) {
    const key = actual.get(path);
    if (key === undefined || (!keepsOrphans && expected?.get(path) === undefined)) continue;
    going.push({ kind: 'key', key: path });
    for (const value of key.values.values()) going.push({ kind: 'set', key: path, value });
  }
  return going;
}
