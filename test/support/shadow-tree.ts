import { attributesOf, typeOf } from '../../src/changes/node-facts.ts';
import type { Change } from '../../src/changes/change.ts';
import { readExtended } from '../../src/changes/extended.ts';
import type { Node, NodeTree } from '../../src/changes/node-tree.ts';
import type { ProtectedSet } from '../../src/changes/protected-set.ts';
import { type ByteString, joinPath } from '../../src/kernel/byte-string.ts';
import { type Files, Stat } from '../../src/kernel/files.ts';

/**
 * The least that can stand in for capture in a test of the check: keeps a tree up to date by looking,
 * and tells what it finds. Content in its changes is left empty.
 */
export class ShadowTree {
  readonly #files: Files;
  readonly #tree: NodeTree;
  readonly #set: ProtectedSet;
  readonly #base: ByteString;
  readonly #emit: (change: Change) => void;

  constructor(options: {
    files: Files;
    tree: NodeTree;
    protectedSet: ProtectedSet;
    base: ByteString;
    emit: (change: Change) => void;
  }) {
    this.#files = options.files;
    this.#tree = options.tree;
    this.#set = options.protectedSet;
    this.#base = options.base;
    this.#emit = options.emit;
  }

  /** Reads in everything that is protected. */
  readAll(): void {
    for (const { path } of this.#set.folders) {
      const descriptor = this.#open(path);
      const stat = new Stat();
      this.#files.stat(descriptor, stat);
      const root = this.#tree.addRoot(path, stat.inode);
      take(root, stat);
      this.#emit({ kind: 'root', node: root.id, folder: path });
      for (const name of this.#files.list(descriptor)) this.look(root, name);
      this.#files.close(descriptor);
    }
  }

  look = (folder: Node, name: ByteString): void => {
    const path = this.#tree.pathOf(folder);
    if (path === null) return;
    let descriptor: number;
    try {
      descriptor = this.#open(path);
    } catch {
      this.#forget(folder, name);
      return;
    }
    try {
      if (name === '') this.#lookAt(descriptor, folder);
      else this.#lookIn(descriptor, folder, name);
    } finally {
      this.#files.close(descriptor);
    }
  };

  #lookAt(descriptor: number, folder: Node): void {
    const stat = new Stat();
    this.#files.stat(descriptor, stat);
    readExtended(this.#files, descriptor, stat);
    take(folder, stat);
    this.#emit({ kind: 'attributes', node: folder.id, attributes: attributesOf(stat) });
  }

  #lookIn(descriptor: number, folder: Node, name: ByteString): void {
    const stat = new Stat();
    const there = this.#files.statAt(descriptor, name, stat);
    const type = typeOf(stat);
    const path = joinPath(this.#tree.pathOf(folder) as ByteString, name);
    if (!there || type === 'other' || !this.#set.covers(path, type === 'folder')) {
      this.#forget(folder, name);
      return;
    }
    readExtended(this.#files, { folder: descriptor, name }, stat);
    const known = folder.children?.get(name);
    if (known !== undefined && known.id === stat.inode && known.type === type) {
      if (known.ctimeSeconds !== stat.ctimeSeconds || known.ctimeNanoseconds !== stat.ctimeNanoseconds) {
        take(known, stat);
        this.#emit({ kind: 'attributes', node: known.id, attributes: attributesOf(stat) });
      }
      return;
    }
    this.#forget(folder, name);
    const other = this.#tree.get(stat.inode);
    if (other !== undefined && type === 'file' && stat.linkCount > 1) {
      this.#tree.link(other, folder, name);
      take(other, stat);
      this.#emit({ kind: 'link', node: other.id, parent: folder.id, name });
      return;
    }
    if (other !== undefined) this.#tree.dropSubtree(other);
    const node = this.#tree.add(folder, name, stat.inode, type);
    take(node, stat);
    this.#emit({
      kind: 'create',
      node: node.id,
      parent: folder.id,
      name,
      type,
      attributes: attributesOf(stat),
      sizeBytes: type === 'file' ? stat.sizeBytes : 0,
      content: new Uint8Array(0),
    });
    if (type !== 'folder') return;
    const inside = this.#files.openFolderAt(descriptor, name);
    for (const child of this.#files.list(inside)) this.#lookIn(inside, node, child);
    this.#files.close(inside);
  }

  #forget(folder: Node, name: ByteString): void {
    const node = this.#tree.unlink(folder, name);
    if (node !== undefined) this.#emit({ kind: 'unlink', node: node.id, parent: folder.id, name });
  }

  #open(path: ByteString): number {
    return this.#files.openFolder((this.#base + path) as ByteString);
  }
}

function take(node: Node, stat: Stat): void {
  node.inode = stat.inode;
  node.mode = stat.mode;
  node.uid = stat.uid;
  node.gid = stat.gid;
  node.sizeBytes = stat.sizeBytes;
  node.mtimeSeconds = stat.mtimeSeconds;
  node.mtimeNanoseconds = stat.mtimeNanoseconds;
  node.ctimeSeconds = stat.ctimeSeconds;
  node.ctimeNanoseconds = stat.ctimeNanoseconds;
}
