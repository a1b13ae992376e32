import type { NodeId } from '../changes/change.ts';
import type { DirtySet } from '../changes/dirty-set.ts';
import { readExtended } from '../changes/extended.ts';
import { attributesOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { FileError, Stat } from '../kernel/files.ts';
import { NamePass } from './name-pass.ts';
import type { Pass, Scan } from './scan.ts';

/** Names and nodes turned into passes at a time: there may be very many. */
const BATCH = 64;
/** What was moved away before it was stated is looked for so often. */
const SWEEPS_MAX = 8;

/**
 * States exactly what a dirty set names: its names as they are now, its files by one of their names,
 * its folders by their own attributes. Folders are stated without what is in them: whatever changed
 * there is in the set itself. Before the first name in a folder comes the way to it, for it may be new.
 */
export class LeftPass implements Pass {
  readonly #scan: Scan;
  readonly #left: DirtySet;
  readonly #names: Iterator<readonly [Node, ByteString]>;
  #nodes: Iterator<NodeId>;
  #sweeps = 0;
  /** A node that is moved between two passes takes with it what is to be stated of it. */
  readonly #stated = new Set<NodeId>();
  readonly #onTheWay = new Set<Node>();

  constructor(scan: Scan, left: DirtySet) {
    this.#scan = scan;
    this.#left = left;
    this.#names = namesOf(scan, left);
    this.#nodes = left.nodes.values();
  }

  advance(): readonly Pass[] {
    const next: Pass[] = [];
    for (let name = this.#names.next(); name.done !== true; name = this.#names.next()) {
      this.#addName(name.value[0], name.value[1], next);
      if (next.length >= BATCH) return [...next, this];
    }
    for (let node = this.#nodes.next(); node.done !== true; node = this.#nodes.next()) {
      this.#addNode(node.value, next);
      if (next.length >= BATCH) return [...next, this];
    }
    this.#sweeps += 1;
    const missing = [...this.#left.nodes].filter((id) => this.#isUnstated(id));
    if (this.#sweeps < SWEEPS_MAX && missing.length + next.length > 0) {
      this.#nodes = this.#left.nodes.values();
      return [...next, this];
    }
    for (const id of missing) this.#giveUp(id);
    return next;
  }

  /** Gone is as good as stated: the name it lost is in the set, or that of a folder above it. */
  #isUnstated(id: NodeId): boolean {
    return !this.#stated.has(id) && this.#scan.tree.get(id) !== undefined;
  }

  #addNode(id: NodeId, next: Pass[]): void {
    if (!this.#isUnstated(id)) return;
    const node = this.#scan.tree.get(id) as Node;
    if (node.type === 'folder') next.push(new FolderAttributes(this.#scan, node, () => this.#stated.add(id)));
    else if (node.parent !== null) this.#addName(node.parent, node.name, next);
  }

  #addName(folder: Node, name: ByteString, next: Pass[]): void {
    const way: Pass[] = [];
    for (let at = folder; at.parent !== null && !this.#onTheWay.has(at); at = at.parent) {
      this.#onTheWay.add(at);
      way.push(new NamePass(this.#scan, { folder: at.parent, name: at.name, below: false }));
    }
    next.push(...way.reverse());
    const below = folder.children?.get(name)?.type !== 'folder';
    const stated = (node: NodeId): void => {
      if (this.#scan.tree.get(node)?.type !== 'folder') this.#stated.add(node);
    };
    next.push(new NamePass(this.#scan, { folder, name, below, stated }));
  }

  #giveUp(id: NodeId): void {
    const node = this.#scan.tree.get(id);
    const path = node === undefined ? null : this.#scan.tree.pathOf(node);
    if (path !== null) this.#scan.unreadable(path, 'EAGAIN');
  }
}

function* namesOf({ tree }: Scan, left: DirtySet): Generator<readonly [Node, ByteString]> {
  for (const [id, names] of left.names) {
    for (const name of names) {
      const folder = tree.get(id);
      if (folder?.type === 'folder') yield [folder, name];
    }
  }
}

/** States a folder's own attributes, whatever is in it. */
class FolderAttributes implements Pass {
  readonly #scan: Scan;
  readonly #folder: Node;
  readonly #stated: () => void;

  constructor(scan: Scan, folder: Node, stated: () => void) {
    this.#scan = scan;
    this.#folder = folder;
    this.#stated = stated;
  }

  advance(): readonly Pass[] {
    const { tree, look, emit } = this.#scan;
    const { parent, name, id } = this.#folder;
    if (tree.get(id) !== this.#folder) return [];
    const stat = new Stat();
    if (this.#isHere(stat)) {
      emit({ kind: 'attributes', node: id, attributes: attributesOf(stat) });
      this.#stated();
    } else if (parent !== null) look(parent, name);
    return [];
  }

  /** Fills `stat`; false where the folder is not where the tree has it, or can't be opened. */
  #isHere(stat: Stat): boolean {
    const { files, descriptors } = this.#scan;
    try {
      const descriptor = descriptors.openAgain(this.#folder);
      files.stat(descriptor, stat);
      readExtended(files, descriptor, stat);
      return true;
    } catch (error) {
      if (error instanceof FileError) return false;
      throw error;
    }
  }
}
