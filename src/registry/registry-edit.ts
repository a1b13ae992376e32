import { fold } from './key-path.ts';
import { isSameValue, type RegistryKey, RegistryTree, type RegistryValue, setValue } from './registry-tree.ts';

/** One step from one tree to another. What a `.reg` file says, line by line. */
export type RegistryEdit =
  /** The key is there, and all above it. */
  | { readonly kind: 'key'; readonly key: string }
  /** It is not, nor anything below it. */
  | { readonly kind: 'deleteKey'; readonly key: string }
  /** Its key is there, too. */
  | { readonly kind: 'set'; readonly key: string; readonly value: RegistryValue }
  | { readonly kind: 'unset'; readonly key: string; readonly name: string };

/** Carries them out one after the other; each may be done again. */
export function applyEdits(
  tree: RegistryTree,
  edits: readonly RegistryEdit[],
  keyOf = (path: string): RegistryKey => tree.ensureAll(path),
): void {
  const last = new LastKey(keyOf);
  for (const edit of edits) {
    switch (edit.kind) {
      case 'key':
        last.find(edit.key);
        break;
      case 'deleteKey':
        tree.delete(edit.key);
        last.forget();
        break;
      case 'set':
        setValue(last.find(edit.key), edit.value);
        break;
      case 'unset':
        tree.get(edit.key)?.values.delete(fold(edit.name));
    }
  }
}

/** Values of one key stand together: it is looked for once. */
class LastKey {
  readonly #keyOf: (path: string) => RegistryKey;
  #path: string | null = null;
  #key: RegistryKey | null = null;

  constructor(keyOf: (path: string) => RegistryKey) {
    this.#keyOf = keyOf;
  }

  find(path: string): RegistryKey {
    if (this.#key === null || this.#path !== path) this.#key = this.#keyOf(path);
    this.#path = path;
    return this.#key;
  }

  forget(): void {
    this.#key = null;
  }
}

/** What makes an empty registry this one. */
export function editsOf(tree: RegistryTree): RegistryEdit[] {
  return editsBetween(new RegistryTree(), tree);
}

/** What makes `from` the same as `to`, keys above others first. Names that differ in case only are the same. */
export function editsBetween(from: RegistryTree, to: RegistryTree): RegistryEdit[] {
  const edits: RegistryEdit[] = [];
  const gone = new Set<string>();
  for (const key of from.sorted()) {
    if (to.get(key.path) !== undefined || to.hasBelow(key.path)) continue;
    if (isBelowAny(key.path, gone)) continue;
    gone.add(fold(key.path));
    edits.push({ kind: 'deleteKey', key: key.path });
  }
  for (const key of to.sorted()) pushKeyEdits(edits, from.get(key.path), key);
  for (const key of from.keys()) {
    // A key that stays only as the way to others below it has no values.
    if (to.get(key.path) !== undefined || isBelowAny(key.path, gone)) continue;
    for (const { name } of key.values.values()) edits.push({ kind: 'unset', key: key.path, name });
  }
  return edits;
}

function pushKeyEdits(edits: RegistryEdit[], before: RegistryKey | undefined, after: RegistryKey): void {
  const key = after.path;
  if (before === undefined) edits.push({ kind: 'key', key });
  for (const [folded, { name }] of before?.values ?? []) {
    if (!after.values.has(folded)) edits.push({ kind: 'unset', key, name });
  }
  for (const [folded, value] of after.values) {
    const old = before?.values.get(folded);
    if (old === undefined || !isSameValue(old, value)) edits.push({ kind: 'set', key, value });
  }
}

function isBelowAny(path: string, folded: ReadonlySet<string>): boolean {
  if (folded.size === 0) return false;
  const own = fold(path);
  for (let end = own.length; end !== -1; end = own.lastIndexOf('\\', end - 1)) {
    if (folded.has(own.slice(0, end))) return true;
  }
  return false;
}
