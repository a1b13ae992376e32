import { assert } from '../kernel/assert.ts';
import { type ByteString, fromLatin1 } from '../kernel/byte-string.ts';
import { FileError, type Files, isAbsence, Stat } from '../kernel/files.ts';
import type { Node, NodeTree } from '../changes/node-tree.ts';

/** Folders kept open. Each costs a descriptor, and keeps its file system from being unmounted. */
const OPEN_MAX = 128;

/**
 * Descriptors of the tree's folders, the ones used last kept open. A descriptor is handed out only
 * when the folder it leads to is the node's own inode: where the tree is behind what is on disk,
 * nothing is looked at in the wrong folder.
 */
export class OpenFolders {
  readonly #files: Files;
  readonly #tree: NodeTree;
  readonly #base: ByteString;
  readonly #open = new Map<Node, number>();
  readonly #stat = new Stat();

  constructor(options: { files: Files; tree: NodeTree; base: ByteString }) {
    this.#files = options.files;
    this.#tree = options.tree;
    this.#base = options.base === '/' ? fromLatin1('') : options.base;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Where a protected path lies on this machine. */
  realPath(path: ByteString): ByteString {
    return path === '/' && this.#base !== '' ? this.#base : fromLatin1(this.#base + path);
  }

  /**
   * The folder's descriptor, good until the next call; null where the folder is not (any more) where
   * the tree has it.
   * @throws FileError when it is there but can't be opened (`EACCES`, `EMFILE`, …).
   */
  open(node: Node): number | null {
    const known = this.#open.get(node);
    if (known !== undefined) {
      if (this.#open.size > OPEN_MAX / 2) {
        this.#open.delete(node);
        this.#open.set(node, known);
      }
      return known;
    }
    return this.#openAnew(node);
  }

  /** Looks at what has the node's name on disk. @returns false where nothing can be said of it. */
  look(node: Node, into: Stat): boolean {
    if (node.parent === null) return false;
    try {
      const folder = this.open(node.parent);
      return folder !== null && this.#files.statAt(folder, node.name, into);
    } catch (error) {
      if (error instanceof FileError) return false;
      throw error;
    }
  }

  /** Takes over a descriptor that was opened elsewhere. */
  put(node: Node, descriptor: number): void {
    this.drop(node);
    this.#open.set(node, descriptor);
    if (this.#open.size <= OPEN_MAX) return;
    for (const oldest of this.#open.keys()) return this.drop(oldest);
  }

  drop(node: Node): void {
    const descriptor = this.#open.get(node);
    if (descriptor === undefined) return;
    this.#open.delete(node);
    this.#files.close(descriptor);
  }

  closeAll(): void {
    for (const descriptor of this.#open.values()) this.#files.close(descriptor);
    this.#open.clear();
  }

  /** Iterative, from the nearest open folder above: a tree may be deeper than the stack. */
  #openAnew(node: Node): number | null {
    const way: Node[] = [];
    let above: Node | null = node;
    while (above !== null && !this.#open.has(above)) {
      way.push(above);
      above = above.parent;
    }
    let descriptor = above === null ? -1 : (this.#open.get(above) ?? -1);
    for (const next of way.reverse()) {
      const opened = this.#openOne(next, descriptor);
      if (opened === null) return null;
      this.put(next, opened);
      descriptor = opened;
    }
    assert(descriptor >= 0, 'the way to a folder ends in it');
    return descriptor;
  }

  #openOne(node: Node, parent: number): number | null {
    let opened: number;
    try {
      if (node.parent === null) {
        if (this.#tree.root(node.name) !== node) return null;
        opened = this.#files.openFolder(this.realPath(node.name));
      } else {
        opened = this.#files.openFolderAt(parent, node.name);
      }
    } catch (error) {
      if (isAbsence(error)) return null;
      throw error;
    }
    let isIt = false;
    try {
      this.#files.stat(opened, this.#stat);
      isIt = this.#stat.inode === node.inode;
    } finally {
      if (!isIt) this.#files.close(opened);
    }
    return isIt ? opened : null;
  }
}
