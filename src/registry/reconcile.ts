import type { KeyFilter } from './key-filter.ts';
import { fold } from './key-path.ts';
import type { RegistryEdit } from './registry-edit.ts';
import { isSameValue, type RegistryKey, RegistryTree } from './registry-tree.ts';
import { shownValue } from './shown-key.ts';
import { placeOf, type TakenAway } from './taken-away.ts';
import { typeName } from './value-type.ts';

/** One way in which a store is not what it should be. */
export interface RegistryDifference {
  /** The key's path, as it is written. */
  readonly key: string;
  /** The name of the value that differs; null of the key as a whole. */
  readonly value: string | null;
  /** In words: `the value "Port" is missing`. */
  readonly what: string;
  /** What the store has of it would go: it is replaced, or is there alone. */
  readonly loses: boolean;
  /** Only this store has it. */
  readonly isOrphan: boolean;
}

/** Keys and values that differ; with a key all that is in it. */
export class DifferenceSet {
  readonly #places = new Set<string>();

  constructor(differences: readonly RegistryDifference[]) {
    for (const { key, value } of differences) this.#places.add(placeOf(key, value));
  }

  has({ key, value }: RegistryDifference): boolean {
    return this.#places.has(placeOf(key, null)) || this.#places.has(placeOf(key, value));
  }
}

interface Manner {
  readonly filter: KeyFilter;
  readonly keepsOrphans: boolean;
  readonly taken: Pick<TakenAway, 'has'>;
}

interface Reconciliation {
  readonly differences: readonly RegistryDifference[];
  /** What does away with the differences; without those that stay. */
  readonly edits: readonly RegistryEdit[];
}

/** The protected part of a store. */
export function protectedPart(tree: RegistryTree, filter: KeyFilter): RegistryTree {
  const part = new RegistryTree();
  for (const key of tree.keys()) {
    if (!filter.covers(key.path)) continue;
    const copy = part.ensure(key.path);
    for (const [folded, value] of key.values) copy.values.set(folded, value);
  }
  return part;
}

/**
 * What a store lacks, and what it has too much. Pure.
 * @param expected - exactly the protected keys.
 * @param actual - the whole store; keys that are not protected are left alone, and so are those above them.
 * @param keepsOrphans - what only the store has stays, but for what the active server took away.
 */
export function reconcile(
  expected: RegistryTree,
  actual: RegistryTree,
  { filter, keepsOrphans, taken }: Manner,
): Reconciliation {
  const differences: RegistryDifference[] = [];
  const edits: RegistryEdit[] = [];
  const left = new RegistryTree();
  // Those below others first, so that a key is empty when its turn comes.
  for (const key of actual.sorted().reverse()) {
    if (expected.get(key.path) !== undefined || !filter.covers(key.path)) continue;
    const stays = keepsOrphans && !taken.has(key.path, null);
    const isWay = mustStay(key.path, { expected, actual, filter }) || (keepsOrphans && left.hasBelow(key.path));
    if (isWay && key.values.size === 0) continue;
    const what = 'only the passive server has the key';
    differences.push({ key: key.path, value: null, what, loses: true, isOrphan: stays || !keepsOrphans });
    if (stays) left.ensure(key.path);
    if (stays) continue;
    if (isWay) for (const { name } of key.values.values()) edits.push({ kind: 'unset', key: key.path, name });
    else edits.push({ kind: 'deleteKey', key: key.path });
  }
  for (const key of expected.sorted()) {
    compareKey(key, actual.get(key.path), { differences, edits, keepsOrphans, taken });
  }
  return { differences, edits };
}

/** A key below it is expected, or not ours. */
function mustStay(
  path: string,
  trees: { readonly expected: RegistryTree; readonly actual: RegistryTree; readonly filter: KeyFilter },
): boolean {
  if (trees.expected.hasBelow(path)) return true;
  return trees.actual.hasBelow(path) && trees.actual.below(path).some((key) => !trees.filter.covers(key.path));
}

function compareKey(
  key: RegistryKey,
  actual: RegistryKey | undefined,
  out: Omit<Manner, 'filter'> & { differences: RegistryDifference[]; edits: RegistryEdit[] },
): void {
  const tell = (value: string | null, what: string, loses = false, isOrphan = false): void => {
    out.differences.push({ key: key.path, value, what, loses, isOrphan });
  };
  if (actual === undefined) {
    tell(null, 'the key is missing');
    out.edits.push({ kind: 'key', key: key.path });
  }
  for (const value of key.values.values()) {
    const other = actual?.values.get(fold(value.name));
    if (other !== undefined && isSameValue(value, other)) continue;
    // Samba takes a value of the same bytes for the same, whatever its type.
    const isOfOtherType = other !== undefined && other.type !== value.type;
    if (isOfOtherType) out.edits.push({ kind: 'unset', key: key.path, name: other.name });
    out.edits.push({ kind: 'set', key: key.path, value });
    if (actual === undefined) continue;
    if (other === undefined) tell(value.name, `${shownValue(value.name)} is missing`);
    else if (other.type === value.type) tell(value.name, `${shownValue(value.name)} has other data`, true);
    else
      tell(value.name, `${shownValue(value.name)} is ${typeName(other.type)} instead of ${typeName(value.type)}`, true);
  }
  for (const [folded, { name }] of actual?.values ?? []) {
    if (key.values.has(folded)) continue;
    const stays = out.keepsOrphans && !out.taken.has(key.path, name);
    tell(name, `only the passive server has ${shownValue(name)}`, true, stays || !out.keepsOrphans);
    if (!stays) out.edits.push({ kind: 'unset', key: key.path, name });
  }
}
