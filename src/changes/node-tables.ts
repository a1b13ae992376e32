import { assert, must } from '../kernel/assert.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { NodeId, NodeType } from './change.ts';
import { NameTable } from './name-table.ts';
import { type NamesIn, type NodeHome, type TreeName, TreeNode } from './tree-node.ts';
import { CHUNK_ROWS, type FolderRow, NARROW, NodeRows, ROW_NARROW, ROW_WIDE, WIDE } from './node-rows.ts';
import { SlotIndex } from './slot-index.ts';

/** Of what is no folder. */
const NO_FOLDER: FolderRow = Object.freeze({ lastChild: 0, childCount: 0, arrivals: 0 });
/** Some rows, and the nodes that stand in them. */
interface Chunk {
  readonly rows: NodeRows<NodeHome>;
  readonly nodes: (TreeNode | null)[];
}

/** Nodes that left share a piece of memory until nobody knows any of them. */
const GONE_ROWS = 64;

/**
 * Where a tree keeps its nodes and their names: some 160 bytes for a node with one name, most of them
 * outside the heap, where no search for garbage has to go through them. Knows nodes and names, and
 * nothing of what belongs together.
 */
export class NodeTables implements NodeHome {
  readonly names: NameTable;
  readonly #chunks: Chunk[] = [];
  readonly #ids = new SlotIndex((slot) => hashOf(this.#wide(slot, WIDE.id)));
  /** Made when it is first asked, for mostly nobody does. */
  #inodes: SlotIndex | null = null;
  #slots = 1;
  /** Freed rows; each says in its column `name` which is next. */
  #free = 0;
  #count = 0;
  #gone = new NodeRows<NodeHome>(null, 0, 0);
  #goneCount = GONE_ROWS;

  constructor(seed: number) {
    this.names = new NameTable(seed);
  }

  get count(): number {
    return this.#count;
  }

  *nodes(): IterableIterator<TreeNode> {
    for (const { nodes } of this.#chunks) for (const node of nodes) if (node !== null) yield node;
  }

  find(id: NodeId): TreeNode | undefined {
    const ids = this.#ids;
    for (let place = ids.start(hashOf(id)), slot = ids.at(place); slot !== 0; slot = ids.at(place)) {
      if (this.#wide(slot, WIDE.id) === id) return this.node(slot);
      place = ids.after(place);
    }
    return undefined;
  }

  /** Those on other devices, too; the one last given that inode last. */
  withInode(inode: number): TreeNode[] {
    const inodes = (this.#inodes ??= this.#inodeIndex());
    const found: TreeNode[] = [];
    for (let place = inodes.start(hashOf(inode)), slot = inodes.at(place); slot !== 0; slot = inodes.at(place)) {
      if (this.#wide(slot, WIDE.inode) === inode) found.push(this.node(slot));
      place = inodes.after(place);
    }
    return found;
  }

  setInode(slot: number, inode: number): void {
    const before = this.#wide(slot, WIDE.inode);
    if (before === inode) return;
    if (before !== 0) this.#inodes?.remove(slot);
    this.#rows(slot).wide[(slot % CHUNK_ROWS) * ROW_WIDE + WIDE.inode] = inode;
    if (inode !== 0) this.#inodes?.add(slot);
  }

  node(slot: number): TreeNode {
    return must(this.#chunk(slot).nodes[slot % CHUNK_ROWS], 'a node in its row');
  }

  /** A node without a name. The id must be free. */
  make(id: NodeId, type: NodeType): TreeNode {
    const slot = this.#free === 0 ? this.#newSlot() : this.#free;
    if (slot === this.#free) {
      this.#free = this.#narrow(slot, NARROW.name);
      this.#setNarrow(slot, NARROW.name, 0);
    }
    const rows = this.#rows(slot);
    const node = new TreeNode(rows, slot % CHUNK_ROWS);
    this.#chunk(slot).nodes[slot % CHUNK_ROWS] = node;
    node.begin(id, type);
    if (type === 'folder') rows.folders.set(slot % CHUNK_ROWS, { lastChild: 0, childCount: 0, arrivals: 0 });
    this.#ids.add(slot);
    this.#count += 1;
    return node;
  }

  /** Forgets the node: it says from now on what it was. It must have no names, and none in it. @param name - what it was called. */
  free(node: TreeNode, name: ByteString): void {
    const { slot } = node;
    this.#ids.remove(slot);
    this.#bury(node, name);
    this.setInode(slot, 0);
    this.#rows(slot).clear(slot % CHUNK_ROWS);
    this.#chunk(slot).nodes[slot % CHUNK_ROWS] = null;
    this.#setNarrow(slot, NARROW.name, this.#free);
    this.#free = slot;
    this.#count -= 1;
  }

  /** The same row for another id, which must be free. @returns what stands for it from now on. */
  relabel(node: TreeNode, id: NodeId): TreeNode {
    const { slot, name } = node;
    this.#ids.remove(slot);
    this.#bury(node, name);
    const rows = this.#rows(slot);
    const renamed = new TreeNode(rows, slot % CHUNK_ROWS);
    this.#chunk(slot).nodes[slot % CHUNK_ROWS] = renamed;
    rows.wide[(slot % CHUNK_ROWS) * ROW_WIDE + WIDE.id] = id;
    this.#ids.add(slot);
    return renamed;
  }

  /** Row of a node's first name. */
  firstName(slot: number): number {
    return this.#narrow(slot, NARROW.name);
  }

  setFirstName(slot: number, name: number): void {
    this.#setNarrow(slot, NARROW.name, name);
  }

  lastChild(slot: number): number {
    return this.#folder(slot).lastChild;
  }

  /** Puts a name into its folder. */
  enter(name: number): void {
    const folder = this.#folder(this.names.parentOf(name));
    this.names.append(name, folder.lastChild);
    folder.lastChild = name;
    folder.childCount += 1;
    folder.arrivals = (folder.arrivals + 1) >>> 0;
  }

  /** Takes a name out of its folder. */
  takeOut(name: number): void {
    const folder = this.#folder(this.names.parentOf(name));
    folder.lastChild = this.names.takeOut(name, folder.lastChild);
    folder.childCount -= 1;
  }

  clear(): void {
    for (const node of this.nodes()) this.#bury(node, node.name);
    this.names.clear();
    this.#ids.clear();
    this.#inodes = null;
    this.#chunks.length = 0;
    this.#slots = 1;
    this.#free = 0;
    this.#count = 0;
  }

  parentOf(name: number): TreeNode | null {
    const slot = name === 0 ? 0 : this.names.parentOf(name);
    return slot === 0 ? null : this.node(slot);
  }

  nameOf(name: number): ByteString {
    return this.names.textOf(name);
  }

  otherNamesOf(name: number): readonly TreeName[] | null {
    let row = name === 0 ? 0 : this.names.otherOf(name);
    if (row === 0) return null;
    const others: TreeName[] = [];
    for (; row !== 0; row = this.names.otherOf(row)) {
      others.push({ parent: this.node(this.names.parentOf(row)), name: this.names.textOf(row) });
    }
    return others;
  }

  childrenOf(slot: number): NamesIn {
    return new FolderChildren(this, slot);
  }

  size(slot: number): number {
    return this.#folder(slot).childCount;
  }

  arrivals(slot: number): number {
    return this.#folder(slot).arrivals;
  }

  #inodeIndex(): SlotIndex {
    const index = new SlotIndex((slot) => hashOf(this.#wide(slot, WIDE.inode)));
    for (const node of this.nodes()) if (node.inode !== 0) index.add(node.slot);
    return index;
  }

  #bury(node: TreeNode, name: ByteString): void {
    if (this.#goneCount === GONE_ROWS) {
      this.#gone = new NodeRows<NodeHome>(null, 0, GONE_ROWS);
      this.#goneCount = 0;
    }
    node.leave(name, this.#gone, this.#goneCount);
    this.#goneCount += 1;
  }

  #newSlot(): number {
    const slot = this.#slots;
    this.#slots += 1;
    if (Math.floor(slot / CHUNK_ROWS) === this.#chunks.length) {
      const rows = new NodeRows<NodeHome>(this, this.#chunks.length * CHUNK_ROWS, CHUNK_ROWS);
      this.#chunks.push({ rows, nodes: Array.from<TreeNode | null>({ length: CHUNK_ROWS }).fill(null) });
    }
    return slot;
  }

  #folder(slot: number): FolderRow {
    return this.#rows(slot).folders.get(slot % CHUNK_ROWS) ?? NO_FOLDER;
  }

  #rows(slot: number): NodeRows<NodeHome> {
    return this.#chunk(slot).rows;
  }

  #chunk(slot: number): Chunk {
    return this.#chunks[Math.floor(slot / CHUNK_ROWS)] as Chunk;
  }

  #wide(slot: number, column: number): number {
    return this.#rows(slot).wide[(slot % CHUNK_ROWS) * ROW_WIDE + column] as number;
  }

  #narrow(slot: number, column: number): number {
    return this.#rows(slot).narrow[(slot % CHUNK_ROWS) * ROW_NARROW + column] as number;
  }

  #setNarrow(slot: number, column: number, value: number): void {
    this.#rows(slot).narrow[(slot % CHUNK_ROWS) * ROW_NARROW + column] = value;
  }
}

/** Looks into the tables each time it is asked. */
class FolderChildren implements NamesIn {
  readonly #tables: NodeTables;
  readonly #slot: number;

  constructor(tables: NodeTables, slot: number) {
    this.#tables = tables;
    this.#slot = slot;
  }

  get size(): number {
    return this.#tables.size(this.#slot);
  }

  get arrivals(): number {
    return this.#tables.arrivals(this.#slot);
  }

  get(name: ByteString): TreeNode | undefined {
    const { names } = this.#tables;
    const row = names.find(this.#slot, name);
    return row === 0 ? undefined : this.#tables.node(names.nodeOf(row));
  }

  has(name: ByteString): boolean {
    return this.#tables.names.find(this.#slot, name) !== 0;
  }

  *keys(): IterableIterator<ByteString> {
    for (const row of this.#inOrder()) yield this.#tables.names.textOf(row);
  }

  *values(): IterableIterator<TreeNode> {
    for (const row of this.#inOrder()) yield this.#tables.node(this.#tables.names.nodeOf(row));
  }

  *between(after: ByteString | null, upTo: ByteString | null): IterableIterator<ByteString> {
    const { names } = this.#tables;
    for (const row of this.#inOrder()) {
      const isBetween =
        (after === null || names.compare(row, after) > 0) && (upTo === null || names.compare(row, upTo) <= 0);
      if (isBetween) yield names.textOf(row);
    }
  }

  *sample(every: number): IterableIterator<ByteString> {
    let left = every;
    for (const row of this.#inOrder()) {
      left -= 1;
      if (left > 0) continue;
      left = every;
      yield this.#tables.names.textOf(row);
    }
  }

  *since(arrivals: number): IterableIterator<ByteString> {
    const { names } = this.#tables;
    // Some may have gone since: then what is yielded goes a little further back than it needs to.
    let left = Math.min((this.arrivals - arrivals) >>> 0, this.size);
    for (let row = this.#tables.lastChild(this.#slot); left > 0; left -= 1, row = names.previous(row)) {
      yield names.textOf(row);
    }
  }

  *[Symbol.iterator](): IterableIterator<[ByteString, TreeNode]> {
    const { names } = this.#tables;
    for (const row of this.#inOrder()) yield [names.textOf(row), this.#tables.node(names.nodeOf(row))];
  }

  *#inOrder(): IterableIterator<number> {
    const { names } = this.#tables;
    const { size, arrivals } = this;
    let row = this.#tables.lastChild(this.#slot);
    for (let left = size; left > 0; left -= 1) {
      row = names.next(row);
      yield row;
      assert(this.size === size && this.arrivals === arrivals, 'a folder stays as it is while it is gone through');
    }
  }
}

function hashOf(id: NodeId): number {
  const mixed = Math.imul(id ^ Math.imul(Math.floor(id / 2 ** 32), 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
