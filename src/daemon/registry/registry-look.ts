import { Problem } from '../../problems/problem.ts';
import type { RegistryTree } from '../../registry/registry-tree.ts';
import { hashesOfLong, keyNamed, shownValues } from '../../registry/shown-key.ts';
import type { RegistryLook } from './registry-messages.ts';

/** What this server's key holds. @throws Problem REG-013 where it is no protected key; REG-001 and others of its store. */
export async function lookAtKey(
  path: string,
  find: (store: string, key: string) => Promise<RegistryTree | null>,
): Promise<RegistryLook> {
  const named = keyNamed(path);
  const tree = named === null ? null : await find(named.store, named.key);
  if (named === null || tree === null) throw new Problem('REG-013', { path });
  return { values: shownValues(tree, named.key), hashes: hashesOfLong(tree, named.key) };
}
