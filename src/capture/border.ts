import { mayHoldNew, outsideOf } from '../changes/border.ts';
import type { NodeId } from '../changes/change.ts';
import type { ChangingSet, Patterns } from '../changes/changing-set.ts';
import { readExtended } from '../changes/extended.ts';
import type { Node } from '../changes/node-tree.ts';
import type { ProtectedFolder } from '../changes/protected-set.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { FileError, type Files, Stat } from '../kernel/files.ts';
import type { OpenFolders } from './open-folders.ts';
import type { Roots } from './roots.ts';
import type { Shadow } from './shadow.ts';
import type { Troubles } from './troubles.ts';
import type { Walk } from './walk.ts';

/** What a move changes: nothing; nothing can come in by it; something may. */
export type BorderMove = 'none' | 'narrower' | 'wider';

/** More than this is too much to name: then everything is checked. */
const NODES_MAX = 100_000;

/** What came into the protected set by a change of the settings, and is not told yet. */
export interface NewItems {
  /** Each with all below it. */
  readonly nodes: readonly NodeId[];
  /** There are more. */
  readonly isTooMuch: boolean;
}

/**
 * The border of what is protected, while capture runs. When it moves, what is outside is forgotten
 * without a word, for the record of the new border says it all; and the folders in which something new
 * may be are listed for names that the tree does not have. What is found so is for a check to state.
 */
export class Border {
  readonly #files: Files;
  readonly #set: ChangingSet;
  readonly #shadow: Shadow;
  readonly #folders: OpenFolders;
  readonly #walk: Walk;
  readonly #roots: Roots;
  readonly #troubles: Troubles;
  /** Tops of what is in the tree and was not told, since the border moved. */
  readonly #untold = new Set<NodeId>();
  /** Folders among that, and below it: what is in them is stated with them. */
  #inside = new WeakSet<Node>();
  #isTooMuch = false;
  #isMoving = false;

  constructor(options: {
    files: Files;
    set: ChangingSet;
    shadow: Shadow;
    folders: OpenFolders;
    walk: Walk;
    roots: Roots;
    troubles: Troubles;
  }) {
    this.#files = options.files;
    this.#set = options.set;
    this.#shadow = options.shadow;
    this.#folders = options.folders;
    this.#walk = options.walk;
    this.#roots = options.roots;
    this.#troubles = options.troubles;
  }

  /** Tells where it is: before anything else in a stream. */
  tell(): void {
    this.#shadow.tellFilters(this.#set.patterns);
  }

  /** Other patterns are in force. */
  move(patterns: Patterns): BorderMove {
    const { tree } = this.#shadow;
    const foldersBefore = this.#set.folders;
    const before = this.#set.change(patterns);
    if (before === null) return 'none';
    this.#isMoving = true;
    this.#inside = new WeakSet();
    const outside = outsideOf(tree, this.#set);
    for (const root of outside.roots) this.#shadow.forgetRoot(root);
    for (const name of outside.names) this.#shadow.forget(name);
    this.#troubles.settleAllBut((path) => this.#isItem(path));
    this.tell();
    this.#tellOwnAttributes(foldersBefore);
    const folders = mayHoldNew(tree, before);
    for (const folder of folders) this.#walk.enterForNew(folder);
    const roots = this.#roots.settingsChanged();
    for (const root of roots) this.untold(root);
    return folders.length + roots.length > 0 ? 'wider' : 'narrower';
  }

  /** The node was taken into the tree, or given one more name, without a word. */
  untold(node: Node): void {
    if (!this.#isMoving) return;
    if (node.type === 'folder') this.#inside.add(node);
    if (node.parent !== null && node.otherNames === null && this.#inside.has(node.parent)) return;
    if (this.#untold.size < NODES_MAX) this.#untold.add(node.id);
    else this.#isTooMuch = true;
  }

  get newItems(): NewItems {
    return { nodes: [...this.#untold], isTooMuch: this.#isTooMuch };
  }

  /** All of them were told. */
  forgetNew(): void {
    this.#untold.clear();
    this.#isMoving = false;
    this.#isTooMuch = false;
  }

  #isItem(path: ByteString): boolean {
    return this.#set.covers(path, true) || this.#set.covers(path, false);
  }

  /** A protected folder that only held what is protected, and is an item itself now. */
  #tellOwnAttributes(before: readonly ProtectedFolder[]): void {
    const bare = new Set(before.filter((folder) => !folder.attributesCount).map(({ path }) => path));
    for (const { path, attributesCount } of this.#set.folders) {
      const root = attributesCount && bare.has(path) ? this.#shadow.tree.root(path) : undefined;
      if (root !== undefined) this.#tellAttributes(root);
    }
  }

  /** Where it can't be opened it is missing, which is told by who looks for it. */
  #tellAttributes(root: Node): void {
    const stat = new Stat();
    try {
      const opened = this.#folders.open(root);
      if (opened === null) return;
      this.#files.stat(opened, stat);
      readExtended(this.#files, opened, stat);
      this.#shadow.attributes(root, stat);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
    }
  }
}
