import { assert, must } from '../kernel/assert.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import type { FolderKey } from '../kernel/notices.ts';
import type { NodeId, NodeType } from './change.ts';

/** One of a node's names. */
export interface Name {
  readonly parent: Node;
  readonly name: ByteString;
}

/**
 * A node as one server knows it: its names, and its status when that server last looked. The active
 * server's tree says what was captured, the passive server's what was applied. Plain mutable fields:
 * a tree holds hundreds of thousands of these.
 */
export class Node {
  readonly id: NodeId;
  readonly type: NodeType;
  /** Null for a protected folder and for a node that has no name (any more). */
  parent: Node | null = null;
  name: ByteString;
  /** Names beyond the first: hard links. */
  otherNames: Name[] | null = null;
  /** Of a folder that was listed. */
  children: Map<ByteString, Node> | null = null;
  /** How a source of notices names this folder (or linked file); null where it is not watched. */
  key: FolderKey | null = null;

  inode = 0;
  mode = 0;
  uid = 0;
  gid = 0;
  sizeBytes = 0;
  mtimeSeconds = 0;
  mtimeNanoseconds = 0;
  ctimeSeconds = 0;
  ctimeNanoseconds = 0;
  /** Flags and extended attributes, packed (extended.ts); null where nobody looked. Only the active server keeps them. */
  extended: ByteString | null = null;

  constructor(id: NodeId, type: NodeType, name: ByteString) {
    this.id = id;
    this.type = type;
    this.name = name;
    if (type === 'folder') this.children = new Map();
  }
}

/**
 * Nodes by id and by name, of all protected folders. Every operation keeps both views true; a rename
 * of a folder costs the same whatever it holds. Not safe to share between threads.
 */
export class NodeTree {
  readonly #nodes = new Map<NodeId, Node>();
  readonly #roots = new Map<ByteString, Node>();
  #revision = 0;

  /** Rises whenever a name appears or goes: equal numbers mean that all names stayed. */
  get revision(): number {
    return this.#revision;
  }

  /** Nodes known, protected folders included. */
  get size(): number {
    return this.#nodes.size;
  }

  get roots(): Iterable<Node> {
    return this.#roots.values();
  }

  get nodes(): Iterable<Node> {
    return this.#nodes.values();
  }

  get(id: NodeId): Node | undefined {
    return this.#nodes.get(id);
  }

  root(folder: ByteString): Node | undefined {
    return this.#roots.get(folder);
  }

  /** A protected folder, named by its whole path. Whatever had the id or the path before is dropped. */
  addRoot(folder: ByteString, id: NodeId): Node {
    const before = this.#roots.get(folder);
    if (before !== undefined) this.dropSubtree(before);
    const same = this.#nodes.get(id);
    if (same !== undefined) this.dropSubtree(same);
    const node = new Node(id, 'folder', folder);
    this.#nodes.set(id, node);
    this.#roots.set(folder, node);
    return node;
  }

  child(parent: Node, name: ByteString): Node | undefined {
    return parent.children?.get(name);
  }

  /** A new node under a free name. The id must be free: drop what had it. */
  add(parent: Node, name: ByteString, id: NodeId, type: NodeType): Node {
    assert(!this.#nodes.has(id), `node ${id} is new`);
    const node = new Node(id, type, name);
    this.#nodes.set(id, node);
    this.#put(parent, name, node);
    node.parent = parent;
    return node;
  }

  /** One more name for a node; its first where it has none. */
  link(node: Node, parent: Node, name: ByteString): void {
    this.#put(parent, name, node);
    if (node.parent === null && !this.#isRoot(node)) {
      node.parent = parent;
      node.name = name;
    } else {
      (node.otherNames ??= []).push({ parent, name });
    }
  }

  /**
   * Takes a name away. A node without names is forgotten, a folder with everything in it.
   * @returns the node that had the name; still in the tree when it has other names.
   */
  unlink(parent: Node, name: ByteString): Node | undefined {
    const node = parent.children?.get(name);
    if (node === undefined) return undefined;
    this.#revision += 1;
    parent.children?.delete(name);
    if (node.parent === parent && node.name === name) {
      const next = node.otherNames?.shift();
      node.parent = next?.parent ?? null;
      if (next !== undefined) node.name = next.name;
    } else {
      node.otherNames = node.otherNames?.filter((n) => n.parent !== parent || n.name !== name) ?? null;
    }
    if (node.otherNames?.length === 0) node.otherNames = null;
    if (node.parent === null) this.dropSubtree(node);
    return node;
  }

  /** Moves one name of a node. What had the new name loses it. */
  rename(node: Node, from: Name, to: Name): void {
    if (from.parent === to.parent && from.name === to.name) return;
    const replaced = to.parent.children?.get(to.name);
    // Two names of one node: rename(2) does nothing then.
    if (replaced === node) return;
    if (replaced !== undefined) this.unlink(to.parent, to.name);
    from.parent.children?.delete(from.name);
    this.#put(to.parent, to.name, node);
    if (node.parent === from.parent && node.name === from.name) {
      node.parent = to.parent;
      node.name = to.name;
      return;
    }
    node.otherNames = (node.otherNames ?? []).map((n) => (n.parent === from.parent && n.name === from.name ? to : n));
  }

  /**
   * The same thing under another id, with its names, its status and what is below it; costs as much as
   * it has children. The id must be free.
   * @returns the node that stands for it from now on.
   */
  relabel(node: Node, id: NodeId): Node {
    assert(!this.#nodes.has(id), `node ${id} is new`);
    const renamed: Node = Object.assign(new Node(id, node.type, node.name), node, { id });
    this.#nodes.delete(node.id);
    this.#nodes.set(id, renamed);
    if (this.#isRoot(node)) this.#roots.set(node.name, renamed);
    for (const { parent, name } of this.namesOf(node)) parent.children?.set(name, renamed);
    for (const child of renamed.children?.values() ?? []) {
      if (child.parent === node) child.parent = renamed;
      child.otherNames =
        child.otherNames?.map((n) => (n.parent === node ? { parent: renamed, name: n.name } : n)) ?? null;
    }
    node.parent = null;
    node.otherNames = null;
    node.children = null;
    return renamed;
  }

  /** Forgets a node, all its names, and everything below it that has no other name. */
  dropSubtree(node: Node): void {
    const waiting = [node];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.#nodes.get(next.id) !== next) continue;
      this.#revision += 1;
      this.#nodes.delete(next.id);
      if (next.parent?.children?.get(next.name) === next) next.parent.children.delete(next.name);
      for (const other of next.otherNames ?? []) {
        if (other.parent.children?.get(other.name) === next) other.parent.children.delete(other.name);
      }
      if (this.#roots.get(next.name) === next) this.#roots.delete(next.name);
      for (const [name, child] of next.children ?? []) {
        if (child.otherNames === null) waiting.push(child);
        else this.unlink(next, name);
      }
      next.parent = null;
      next.otherNames = null;
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
    this.#nodes.clear();
    this.#roots.clear();
  }

  #put(parent: Node, name: ByteString, node: Node): void {
    const children = must(parent.children, 'children of a folder');
    assert(!children.has(name), `the name ${name} is free`);
    this.#revision += 1;
    children.set(name, node);
  }

  #isRoot(node: Node): boolean {
    return node.parent === null && this.#roots.get(node.name) === node;
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
