import type { ByteString } from '../kernel/byte-string.ts';
import type { FolderKey } from '../kernel/notices.ts';
import type { NodeId, NodeType } from './change.ts';
import { EXTENDED, NARROW, type NodeRows, ROW_NARROW, ROW_WIDE, WIDE } from './node-rows.ts';

/** One of a node's names. */
export interface TreeName {
  readonly parent: TreeNode;
  readonly name: ByteString;
}

/** Names in a folder, in the order in which they came. Valid until the folder leaves the tree; no name may come or go while it is gone through. */
export interface NamesIn extends Iterable<[ByteString, TreeNode]> {
  readonly size: number;
  get(name: ByteString): TreeNode | undefined;
  has(name: ByteString): boolean;
  keys(): IterableIterator<ByteString>;
  values(): IterableIterator<TreeNode>;
  /** Names that sort after `after` and not after `upTo`; null for no such bound. */
  between(after: ByteString | null, upTo: ByteString | null): IterableIterator<ByteString>;
  /** One name of each so many. */
  sample(every: number): IterableIterator<ByteString>;
  /** At least the names that are there of those that came after so many (modulo 2^32) had come; the latest first. */
  since(arrivals: number): IterableIterator<ByteString>;
  /** How many names ever came, modulo 2^32. */
  readonly arrivals: number;
}

/** The tree, as its nodes know it. @param name - row of a node's first name. */
export interface NodeHome {
  parentOf(name: number): TreeNode | null;
  nameOf(name: number): ByteString;
  otherNamesOf(name: number): readonly TreeName[] | null;
  childrenOf(slot: number): NamesIn;
  setInode(slot: number, inode: number): void;
}

const TYPES: readonly NodeType[] = ['file', 'folder', 'symlink', 'fifo', 'characterDevice', 'blockDevice'];
const TYPE_SHIFT = 24;
const TYPE_MASK = 7;
const EXTENDED_SHIFT = 28;
const EXTENDED_MASK = 3;
const MODE_MASK = (1 << TYPE_SHIFT) - 1;
/** Packed: no extended attributes. */
const NONE = '' as ByteString;
/** Of a folder that is in no tree any more. */
const NO_CHILDREN: NamesIn = {
  size: 0,
  arrivals: 0,
  get: () => undefined,
  has: () => false,
  keys: () => [][Symbol.iterator](),
  values: () => [][Symbol.iterator](),
  between: () => [][Symbol.iterator](),
  sample: () => [][Symbol.iterator](),
  since: () => [][Symbol.iterator](),
  [Symbol.iterator]: () => [][Symbol.iterator](),
};

/**
 * A node as one server knows it: its names, and its status when that server last looked. The active
 * server's tree says what was captured, the passive server's what was applied. A tree holds a million
 * of these: a node is only two words that say where in the tree's tables it stands.
 */
export class TreeNode {
  #rows: NodeRows<NodeHome>;
  #row: number;

  constructor(rows: NodeRows<NodeHome>, row: number) {
    this.#rows = rows;
    this.#row = row;
  }

  /** Where it stands in the tree's tables; 0 in none. */
  get slot(): number {
    return this.#rows.home === null ? 0 : this.#rows.first + this.#row;
  }

  get id(): NodeId {
    return this.#wide(WIDE.id);
  }

  get type(): NodeType {
    return TYPES[(this.#narrow(NARROW.mode) >>> TYPE_SHIFT) & TYPE_MASK] as NodeType;
  }

  /** Null for a protected folder and for a node that has no name (any more). */
  get parent(): TreeNode | null {
    return this.#rows.home?.parentOf(this.#narrow(NARROW.name)) ?? null;
  }

  get name(): ByteString {
    return this.#rows.home?.nameOf(this.#narrow(NARROW.name)) ?? (this.#rows.formerNames[this.#row] as ByteString);
  }

  /** Names beyond the first: hard links. */
  get otherNames(): readonly TreeName[] | null {
    return this.#rows.home?.otherNamesOf(this.#narrow(NARROW.name)) ?? null;
  }

  /** Of a folder that was listed. */
  get children(): NamesIn | null {
    if (this.type !== 'folder') return null;
    return this.#rows.home?.childrenOf(this.slot) ?? NO_CHILDREN;
  }

  /** How a source of notices names this folder (or linked file); null where it is not watched. */
  get key(): FolderKey | null {
    return this.#rows.keys.get(this.#row) ?? null;
  }

  set key(key: FolderKey | null) {
    if (key === null) this.#rows.keys.delete(this.#row);
    else this.#rows.keys.set(this.#row, key);
  }

  get inode(): number {
    return this.#wide(WIDE.inode);
  }

  set inode(inode: number) {
    const { home } = this.#rows;
    if (home === null) this.#setWide(WIDE.inode, inode);
    else home.setInode(this.slot, inode);
  }

  get mode(): number {
    return this.#narrow(NARROW.mode) & MODE_MASK;
  }

  set mode(mode: number) {
    this.#setNarrow(NARROW.mode, (this.#narrow(NARROW.mode) & ~MODE_MASK) | (mode & MODE_MASK));
  }

  get uid(): number {
    return this.#narrow(NARROW.uid) >>> 0;
  }

  set uid(uid: number) {
    this.#setNarrow(NARROW.uid, uid);
  }

  get gid(): number {
    return this.#narrow(NARROW.gid) >>> 0;
  }

  set gid(gid: number) {
    this.#setNarrow(NARROW.gid, gid);
  }

  get sizeBytes(): number {
    return this.#wide(WIDE.sizeBytes);
  }

  set sizeBytes(sizeBytes: number) {
    this.#setWide(WIDE.sizeBytes, sizeBytes);
  }

  get mtimeSeconds(): number {
    return this.#rows.secondsAt(this.#row * ROW_NARROW + NARROW.mtimeSeconds);
  }

  set mtimeSeconds(seconds: number) {
    this.#rows.setSeconds(this.#row * ROW_NARROW + NARROW.mtimeSeconds, seconds);
  }

  get mtimeNanoseconds(): number {
    return this.#narrow(NARROW.mtimeNanoseconds);
  }

  set mtimeNanoseconds(nanoseconds: number) {
    this.#setNarrow(NARROW.mtimeNanoseconds, nanoseconds);
  }

  get ctimeSeconds(): number {
    return this.#rows.secondsAt(this.#row * ROW_NARROW + NARROW.ctimeSeconds);
  }

  set ctimeSeconds(seconds: number) {
    this.#rows.setSeconds(this.#row * ROW_NARROW + NARROW.ctimeSeconds, seconds);
  }

  get ctimeNanoseconds(): number {
    return this.#narrow(NARROW.ctimeNanoseconds);
  }

  set ctimeNanoseconds(nanoseconds: number) {
    this.#setNarrow(NARROW.ctimeNanoseconds, nanoseconds);
  }

  /** Flags and extended attributes, packed (extended.ts); null where nobody looked. Only the active server keeps them. */
  get extended(): ByteString | null {
    const known = this.#extendedKnown;
    if (known === EXTENDED.beside) return this.#rows.extended.get(this.#row) ?? null;
    return known === EXTENDED.none ? NONE : null;
  }

  set extended(extended: ByteString | null) {
    const isBeside = extended !== null && extended !== NONE;
    if (isBeside) this.#rows.extended.set(this.#row, extended);
    else if (this.#extendedKnown === EXTENDED.beside) this.#rows.extended.delete(this.#row);
    const known = isBeside ? EXTENDED.beside : extended === null ? EXTENDED.unknown : EXTENDED.none;
    const rest = this.#narrow(NARROW.mode) & ~(EXTENDED_MASK << EXTENDED_SHIFT);
    this.#setNarrow(NARROW.mode, rest | (known << EXTENDED_SHIFT));
  }

  /** For the tree: what a new node is. */
  begin(id: NodeId, type: NodeType): void {
    this.#setWide(WIDE.id, id);
    this.#setNarrow(NARROW.mode, TYPES.indexOf(type) << TYPE_SHIFT);
    this.mtimeSeconds = 0;
    this.ctimeSeconds = 0;
  }

  /** For the tree: from now on the node is in none, and says what it was. @param name - what it was called. */
  leave(name: ByteString, rows: NodeRows<NodeHome>, row: number): void {
    rows.bury(name, { rows: this.#rows, row: this.#row }, row);
    this.#rows = rows;
    this.#row = row;
  }

  get #extendedKnown(): number {
    return (this.#narrow(NARROW.mode) >>> EXTENDED_SHIFT) & EXTENDED_MASK;
  }

  #wide(column: number): number {
    return this.#rows.wide[this.#row * ROW_WIDE + column] as number;
  }

  #setWide(column: number, value: number): void {
    this.#rows.wide[this.#row * ROW_WIDE + column] = value;
  }

  #narrow(column: number): number {
    return this.#rows.narrow[this.#row * ROW_NARROW + column] as number;
  }

  #setNarrow(column: number, value: number): void {
    this.#rows.narrow[this.#row * ROW_NARROW + column] = value;
  }
}
