import { fold } from './key-path.ts';
import type { RegistryEdit } from './registry-edit.ts';

/** Keys that a store has still to be made equal in: that they differ is nobody else's doing. */
export class OwedKeys {
  readonly #keys = new Set<string>();
  /** With all below them. */
  readonly #whole = new Set<string>();

  has(key: string): boolean {
    const path = fold(key);
    if (this.#keys.has(path)) return true;
    const parts = path.split('\\');
    return parts.some((_, index) => this.#whole.has(parts.slice(0, index + 1).join('\\')));
  }

  /** What the stream says, before the store was told. */
  addEdits(edits: readonly RegistryEdit[]): void {
    for (const { kind, key } of edits) (kind === 'deleteKey' ? this.#whole : this.#keys).add(fold(key));
  }

  add(differences: readonly { readonly key: string }[]): void {
    for (const { key } of differences) this.#keys.add(fold(key));
  }

  /** Nothing but these is left. */
  replace(differences: readonly { readonly key: string }[]): void {
    this.#keys.clear();
    this.#whole.clear();
    this.add(differences);
  }
}
