import { assert } from '../kernel/assert.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import type { NodeId, NodeType } from './change.ts';
import { NodeTables } from './node-tables.ts';
import type { NamesIn, TreeName, TreeNode } from './tree-node.ts';

/** What everybody knows by these names is made of rows of the tree's tables. */
export type Node = TreeNode;
export type Name = TreeName;
export type Children = NamesIn;

/**
 * Nodes by id and by name, of all protected folders. Every operation keeps both views true; a rename
 * of a folder costs the same whatever it holds. Not safe to share between threads.
 */
export class NodeTree {
  readonly #tables: NodeTables;
  readonly #roots = new Map<ByteString, Node>();
  #revision = 0;

  /** @param seed - a number that nobody outside can know: whoever knows it can choose names that are slow to find. */
  constructor(seed = 0) {
    this.#tables = new NodeTables(seed);
  }

  /** Rises whenever a name appears or goes: equal numbers mean that all names stayed. */
  get revision(): number {
    return this.#revision;
  }

  /** Nodes known, protected folders included. */
  get size(): number {
    return this.#tables.count;
  }

  get roots(): Iterable<Node> {
    return this.#roots.values();
  }

  /** The tree must not change while they are gone through. */
  get nodes(): Iterable<Node> {
    return this.#tables.nodes();
  }

  get(id: NodeId): Node | undefined {
    return this.#tables.find(id);
  }

  /** Nodes of which the status has this inode number, on whatever device. */
  withInode(inode: number): readonly Node[] {
    return this.#tables.withInode(inode);
  }

  root(folder: ByteString): Node | undefined {
    return this.#roots.get(folder);
  }

  /** A protected folder, named by its whole path. Whatever had the id or the path before is dropped. */
  addRoot(folder: ByteString, id: NodeId): Node {
    const before = this.#roots.get(folder);
    if (before !== undefined) this.dropSubtree(before);
    const same = this.#tables.find(id);
    if (same !== undefined) this.dropSubtree(same);
    const node = this.#tables.make(id, 'folder');
    this.#tables.setFirstName(node.slot, this.#tables.names.add(0, node.slot, folder));
    this.#roots.set(folder, node);
    return node;
  }

  child(parent: Node, name: ByteString): Node | undefined {
    return parent.children?.get(name);
  }

  /** A new node under a free name. The id must be free: drop what had it. */
  add(parent: Node, name: ByteString, id: NodeId, type: NodeType): Node {
    assert(this.#tables.find(id) === undefined, `node ${id} is new`);
    this.#requireFree(parent, name);
    const node = this.#tables.make(id, type);
    this.#tables.setFirstName(node.slot, this.#put(parent, name, node));
    return node;
  }

  /** One more name for a node of the tree. */
  link(node: Node, parent: Node, name: ByteString): void {
    assert(this.#holds(node), 'what gets a further name is in the tree');
    this.#requireFree(parent, name);
    const { names } = this.#tables;
    let last = this.#tables.firstName(node.slot);
    for (let next = names.otherOf(last); next !== 0; next = names.otherOf(next)) last = next;
    names.setOther(last, this.#put(parent, name, node));
  }

  /**
   * Takes a name away. A node without names is forgotten, a folder with everything in it.
   * @returns the node that had the name; still in the tree when it has other names.
   */
  unlink(parent: Node, name: ByteString): Node | undefined {
    const row = this.#rowOf(parent, name);
    if (row === 0) return undefined;
    const node = this.#tables.node(this.#tables.names.nodeOf(row));
    this.#unlinkRow(node, row);
    return node;
  }

  /** Moves one name of a node. What had the new name loses it. */
  rename(node: Node, from: Name, to: Name): void {
    if (from.parent === to.parent && from.name === to.name) return;
    const replaced = to.parent.children?.get(to.name);
    // Two names of one node: rename(2) does nothing then.
    if (replaced === node) return;
    if (replaced !== undefined) this.unlink(to.parent, to.name);
    const row = this.#rowOf(from.parent, from.name);
    assert(row !== 0 && this.#tables.names.nodeOf(row) === node.slot, `${from.name} is the name of the node`);
    this.#requireFree(to.parent, to.name);
    this.#revision += 1;
    this.#tables.takeOut(row);
    this.#tables.names.change(row, to.parent.slot, to.name);
    this.#tables.enter(row);
  }

  /**
   * The same thing under another id, with its names, its status and what is below it. The id must be free.
   * @returns the node that stands for it from now on.
   */
  relabel(node: Node, id: NodeId): Node {
    assert(this.#tables.find(id) === undefined, `node ${id} is new`);
    const isRoot = this.#isRoot(node);
    const renamed = this.#tables.relabel(node, id);
    if (isRoot) this.#roots.set(renamed.name, renamed);
    return renamed;
  }

  /** Forgets a node, all its names, and everything below it that has no other name. */
  dropSubtree(node: Node): void {
    if (!this.#holds(node)) return;
    const { names } = this.#tables;
    for (let at = node; ; ) {
      const row = this.#tables.lastChild(at.slot);
      if (row === 0) {
        const up = at === node ? null : at.parent;
        this.#forget(at);
        if (up === null) return;
        at = up;
        continue;
      }
      const child = this.#tables.node(names.nodeOf(row));
      if (names.otherOf(this.#tables.firstName(child.slot)) !== 0) this.#unlinkRow(child, row);
      else at = child;
    }
  }

  /** The node's path by its first name, protected folder included; null where it has none. */
  pathOf(node: Node): ByteString | null {
    return node.parent === null
      ? this.#isRoot(node)
        ? node.name
        : null
      : this.pathOfName({ parent: node.parent, name: node.name });
  }

  pathOfName(name: Name): ByteString | null {
    const parts: ByteString[] = [name.name];
    let folder = name.parent;
    while (folder.parent !== null) {
      parts.push(folder.name);
      folder = folder.parent;
    }
    if (!this.#isRoot(folder)) return null;
    return joinPath(folder.name, parts.reverse().join('/') as ByteString);
  }

  /** The node a path (protected folder included) names. */
  find(path: ByteString): Node | undefined {
    const root = this.#rootOf(path);
    if (root === undefined) return undefined;
    let node: Node | undefined = root;
    const rest = path
      .slice(root.name.length)
      .split('/')
      .filter((part) => part !== '');
    for (const part of rest) {
      node = node.children?.get(part as ByteString);
      if (node === undefined) return undefined;
    }
    return node;
  }

  /** All names of a node. */
  namesOf(node: Node): Name[] {
    if (node.parent === null) return [];
    return [{ parent: node.parent, name: node.name }, ...(node.otherNames ?? [])];
  }

  /** Names below a folder; one of several of a file counts like any other. */
  countBelow(folder: Node): number {
    let count = 0;
    const waiting = [folder];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const child of next.children?.values() ?? []) {
        count += 1;
        if (child.type === 'folder') waiting.push(child);
      }
    }
    return count;
  }

  /** Is `folder` the node itself or above it? */
  contains(folder: Node, node: Node): boolean {
    for (let at: Node | null = node; at !== null; at = at.parent) if (at === folder) return true;
    return false;
  }

  clear(): void {
    this.#revision += 1;
    this.#tables.clear();
    this.#roots.clear();
  }

  #holds(node: Node): boolean {
    return this.#tables.find(node.id) === node;
  }

  #isRoot(node: Node): boolean {
    return node.parent === null && this.#roots.get(node.name) === node;
  }

  #rowOf(parent: Node, name: ByteString): number {
    return parent.slot === 0 ? 0 : this.#tables.names.find(parent.slot, name);
  }

  #requireFree(parent: Node, name: ByteString): void {
    assert(parent.type === 'folder' && parent.slot !== 0, 'what gets a name is a folder of the tree');
    assert(this.#rowOf(parent, name) === 0, `the name ${name} is free`);
  }

  /** @returns the name's row. */
  #put(parent: Node, name: ByteString, node: Node): number {
    this.#revision += 1;
    const row = this.#tables.names.add(parent.slot, node.slot, name);
    this.#tables.enter(row);
    return row;
  }

  /** It holds nothing any more. */
  #forget(node: Node): void {
    const { names } = this.#tables;
    const { name } = node;
    this.#revision += 1;
    if (this.#roots.get(name) === node) this.#roots.delete(name);
    let row = this.#tables.firstName(node.slot);
    while (row !== 0) {
      const other = names.otherOf(row);
      if (names.parentOf(row) !== 0) this.#tables.takeOut(row);
      names.remove(row);
      row = other;
    }
    this.#tables.free(node, name);
  }

  #unlinkRow(node: Node, row: number): void {
    const { names } = this.#tables;
    const first = this.#tables.firstName(node.slot);
    if (first === row && names.otherOf(row) === 0) return this.dropSubtree(node);
    this.#revision += 1;
    if (first === row) {
      this.#tables.setFirstName(node.slot, names.otherOf(row));
    } else {
      let before = first;
      while (names.otherOf(before) !== row) before = names.otherOf(before);
      names.setOther(before, names.otherOf(row));
    }
    this.#tables.takeOut(row);
    names.remove(row);
  }

  #rootOf(path: ByteString): Node | undefined {
    let best: Node | undefined;
    for (const root of this.#roots.values()) {
      const covers = path === root.name || path.startsWith(root.name.endsWith('/') ? root.name : `${root.name}/`);
      if (covers && (best === undefined || root.name.length > best.name.length)) best = root;
    }
    return best;
  }
}
