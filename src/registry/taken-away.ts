import { fold } from './key-path.ts';
import type { RegistryEdit } from './registry-edit.ts';
import type { RegistryTree } from './registry-tree.ts';

/**
 * Keys and values that the active server took away and that may still be here. Where what only this server has stays,
 * these are to go all the same.
 */
export class TakenAway {
  readonly #places = new Set<string>();

  /** These are about to be carried out. @param expected - what was expected before. */
  note(expected: RegistryTree, edits: readonly RegistryEdit[]): void {
    for (const edit of edits) {
      if (edit.kind === 'deleteKey') this.#key(expected, edit.key);
      else if (edit.kind === 'unset') this.#places.add(placeOf(edit.key, edit.name));
      else this.#places.delete(placeOf(edit.key, null));
      if (edit.kind === 'set') this.#places.delete(placeOf(edit.key, edit.value.name));
    }
  }

  /** @param value - its name; null for the key as a whole. */
  has(key: string, value: string | null): boolean {
    return this.#places.has(placeOf(key, value));
  }

  /** It is gone from here, too. */
  clear(): void {
    this.#places.clear();
  }

  #key(expected: RegistryTree, path: string): void {
    const own = expected.get(path);
    for (const key of [...(own === undefined ? [] : [own]), ...expected.below(path)]) {
      this.#places.add(placeOf(key.path, null));
      // It may come again, without them.
      for (const { name } of key.values.values()) this.#places.add(placeOf(key.path, name));
    }
  }
}

/** A name of a key has no NUL. */
export function placeOf(key: string, value: string | null): string {
  return value === null ? fold(key) : `${fold(key)}\0${fold(value)}`;
}
