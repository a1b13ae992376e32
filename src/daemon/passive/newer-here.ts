import type { Attributes } from '../../changes/change.ts';
import type { Difference } from '../../changes/difference.ts';
import type { NodeTree } from '../../changes/node-tree.ts';
import { type ByteString, joinPath } from '../../kernel/byte-string.ts';
import { FileError, type Files, Stat } from '../../kernel/files.ts';

/** Tells whether the passive's copy of an item was changed later than the active's. */
export class NewerHere {
  readonly #files: Files;
  readonly #tree: NodeTree;
  readonly #base: ByteString;
  readonly #stat = new Stat();

  constructor(options: { files: Files; tree: NodeTree; base: ByteString }) {
    this.#files = options.files;
    this.#tree = options.tree;
    this.#base = options.base;
  }

  /** False where that can't be told, and for what only one side has. */
  isNewer(difference: Difference): boolean {
    if (!('entry' in difference) || difference.entry === null || difference.parent === null) return false;
    const parent = this.#tree.get(difference.parent);
    const folder = parent === undefined ? null : this.#tree.pathOf(parent);
    if (folder === null || difference.kind === 'missing') return false;
    return this.#isNewer(
      joinPath((this.#base + folder) as ByteString, difference.entry.name),
      difference.entry.attributes,
    );
  }

  #isNewer(path: ByteString, attributes: Attributes): boolean {
    const cut = path.lastIndexOf('/');
    let folder: number | null = null;
    try {
      folder = this.#files.openFolder(path.slice(0, cut) as ByteString);
      if (!this.#files.statAt(folder, path.slice(cut + 1) as ByteString, this.#stat)) return false;
    } catch (error) {
      if (error instanceof FileError) return false;
      throw error;
    } finally {
      if (folder !== null) this.#files.close(folder);
    }
    const { mtimeSeconds, mtimeNanoseconds } = this.#stat;
    if (mtimeSeconds !== attributes.mtimeSeconds) return mtimeSeconds > attributes.mtimeSeconds;
    return mtimeNanoseconds > attributes.mtimeNanoseconds;
  }
}
