import type { ByteString } from '../kernel/byte-string.ts';
import { Stat } from '../kernel/files.ts';
import { NOTICE } from '../kernel/notices.ts';
import { deviceIndexOf, INLINE_BYTES_MAX, type NodeId, nodeIdOf, type NodeType } from '../changes/change.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import { UNTOLD, withHolesUntold } from '../changes/extended.ts';
import { isDevice, nodeTypeOf } from '../changes/node-type.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import { ITSELF } from './agenda.ts';
import { STATUS_ONLY } from './due-looks.ts';
import type { OperationDoors } from './operation-doors.ts';
import { remember, sameAttributes } from './node-status.ts';
import { ITS_ROOT, type NodeStatus, type Operation, type OperationOf } from './operation.ts';
import type { Shadow } from './shadow.ts';
import { OperatedNames } from './operated-names.ts';

/** More than this that is zeroed or copied at once is told by its hashes, as any large content. */
const TOLD_BYTES_MAX = 16 * 1024 * 1024;
const ZEROS = new Uint8Array(INLINE_BYTES_MAX);
const NO_EXTENDED = '' as ByteString;
/** Each time that there are so many more it is looked which are still unread. */
const UNREAD_MAX = 1024;

/**
 * Takes over the operations of intercepted folders: each becomes the same change of the tree, and is told, at once
 * and in its order. Where the tree is ahead of an operation, because a walk or a look saw more of the disk, nothing
 * is undone that was seen; where an operation does not fit the tree, the disk is looked at. What then was told too
 * early is told again by the operations that did it, so the tree is exact once these have been taken.
 */
export class OperationIntake {
  readonly #shadow: Shadow;
  /** Looks are put off until {@link settle}. */
  readonly #doors: OperationDoors;
  readonly #look: (at: Name) => void;
  readonly #names: OperatedNames;
  readonly #stat = new Stat();
  /** Files whose content has to be told. */
  readonly #owed = new Set<Node>();
  /** Nodes whose extended attributes or flags an operation changed, as long as they may not be told. */
  readonly #unread = new Set<Node>();
  /** Names that operations did not tell all of, or did not fit; by folder and name. In the order in which they are to be looked at. */
  readonly #openNames = new Map<string, Name>();
  readonly #copied = new Uint8Array(INLINE_BYTES_MAX);

  constructor(options: { shadow: Shadow; set: ProtectedSet; doors: OperationDoors }) {
    this.#shadow = options.shadow;
    this.#doors = { ...options.doors, look: (at) => void this.#openNames.set(`${at.parent.id}/${at.name}`, at) };
    this.#look = (at) => options.doors.look(at);
    this.#names = new OperatedNames({ ...options, doors: this.#doors });
  }

  take(operation: Operation): void {
    const root = this.#shadow.tree.root(operation.root);
    // One that is not there for the tree is walked through when it is.
    if (root === undefined) return;
    switch (operation.kind) {
      case 'make':
        this.#make(root, operation);
        return this.#entriesChanged(root, operation.folder);
      case 'link':
        this.#link(root, operation);
        return this.#entriesChanged(root, operation.folder);
      case 'remove':
        this.#remove(root, operation);
        return this.#entriesChanged(root, operation.folder);
      case 'rename':
        this.#names.rename(this.#renaming(root, operation));
        this.#entriesChanged(root, operation.folder);
        return this.#entriesChanged(root, operation.newFolder);
      default: {
        const node = this.#node(root, operation.node);
        // Excluded, or a file without a name.
        if (node !== undefined) this.#change(node, operation);
      }
    }
  }

  /** Does the disk have to be looked at, for what operations could not tell? */
  get owes(): boolean {
    return this.#owed.size > 0 || this.#openNames.size > 0;
  }

  /**
   * All operations are taken that are known: what could not be told by them is looked at.
   * @returns false where something is still not where the tree has it, because more operations are on their way.
   */
  settle(): boolean {
    for (const [key, at] of this.#openNames) {
      this.#openNames.delete(key);
      if (this.#shadow.holds(at.parent)) this.#look(at);
    }
    for (const node of this.#owed) {
      if (this.#shadow.holds(node)) {
        const at = this.#doors.whereIs(node);
        if (at === null) continue;
        this.#look(at);
      }
      this.#owed.delete(node);
    }
    return this.#owed.size === 0;
  }

  /** What operations mean by that number; undefined where it is no item, or not known as one yet. */
  nodeOf(folder: ByteString, inode: number): Node | undefined {
    const root = this.#shadow.tree.root(folder);
    return root === undefined ? undefined : this.#node(root, inode);
  }

  /** May items be there that are not known yet? */
  get isIncomplete(): boolean {
    return this.#openNames.size > 0 || this.#doors.isWalking();
  }

  /**
   * Was everything told that operations did to the node, as far as they are taken: what it carries, and of a folder the
   * names in it and the content of what has them? Nearly always it was, at once.
   */
  isTold(node: Node): boolean {
    // That takes some milliseconds.
    if (this.#openNames.size > 0 || this.#isUnread(node)) return false;
    const { tree } = this.#shadow;
    const isIn = (other: Node): boolean =>
      other === node || (node.type === 'folder' && tree.namesOf(other).some(({ parent }) => parent === node));
    for (const other of this.#owed) if (this.#shadow.holds(other) && isIn(other)) return false;
    for (const other of this.#doors.beingRead()) if (isIn(other)) return false;
    if (node.type === 'folder') return !this.#doors.isToBeRead(node, null);
    return !tree.namesOf(node).some(({ parent, name }) => this.#doors.isToBeRead(parent, name));
  }

  /** Is a look on its way that tells what operations changed beyond the status? */
  #isUnread(node: Node): boolean {
    if (!this.#unread.has(node)) return false;
    const isUntold = node.extended === null || node.extended === UNTOLD;
    const isUnread = isUntold && this.#doors.areAttributesToBeRead(...placeOf(node));
    if (!isUnread) this.#unread.delete(node);
    return isUnread;
  }

  /** Its time moved, also where the tree was ahead. */
  #entriesChanged(root: Node, inode: number): void {
    const folder = this.#folder(root, inode);
    if (folder !== undefined) this.#doors.entriesChanged(folder);
  }

  #change(node: Node, operation: Exclude<Operation, { kind: 'make' | 'link' | 'remove' | 'rename' }>): void {
    switch (operation.kind) {
      case 'write':
        return this.#write(node, operation);
      case 'zero':
        return this.#zero(node, operation);
      case 'copy':
        return this.#copy(node, operation);
      case 'attributes':
        return this.#attributes(node, operation.status);
      case 'extended':
        // What is made in it meanwhile may have got some of it.
        return this.#leaveUnread(node);
      case 'unknown':
        return this.#owe(node);
    }
  }

  #make(root: Node, { folder, name, node, status, content }: OperationOf<'make'>): void {
    const parent = this.#folder(root, folder);
    const id = this.#idOf(root, node);
    if (parent === undefined || id === null) return;
    const at = { parent, name };
    const type = nodeTypeOf(status.mode);
    // What is no item, what is not carried, and what the operation does not say all of.
    const isWhole = type !== 'file' || status.sizeBytes === content.length;
    if (type === null || isDevice(type) || !isWhole) return this.#doors.look(at);
    if (!this.#names.covers(at, type === 'folder')) return;
    const there = this.#shadow.tree.child(parent, name);
    if (there?.id === id && there.type === type) return this.#makeAgain(there, status, content);
    this.#makeNew(at, { id, type, inode: node, status, content });
  }

  /** A look saw it before. What it took for its content may be that of a former file of this number. */
  #makeAgain(node: Node, status: NodeStatus, content: Uint8Array): void {
    if (node.type !== 'file' || (node.sizeBytes === 0 && content.length === 0)) return this.#attributes(node, status);
    this.#begin(node, status, false);
    this.#shadow.write(node, this.#stat, { offset: 0, content });
    this.#end(node);
  }

  #makeNew(
    at: Name,
    made: { id: NodeId; type: NodeType; inode: number; status: NodeStatus; content: Uint8Array },
  ): void {
    const { id, type } = made;
    // The number is used again: whoever had it is gone, whatever the order in which that is told.
    this.#names.forget(this.#shadow.tree.get(id));
    this.#names.clear(at);
    if (!this.#shadow.holds(at.parent)) return;
    fill(this.#stat, made.inode, made.status);
    // It may have been given an access control list of its folder's.
    const extended = this.#shadow.tellsNew ? this.#extendedAt(at, made.inode, type) : null;
    this.#stat.extended = extended ?? NO_EXTENDED;
    const node = this.#shadow.create(at, { id, type, stat: this.#stat, content: made.content });
    if (extended === NO_EXTENDED || !this.#shadow.tellsNew) return;
    if (extended === null) return this.#leaveUnread(node);
    node.extended = extended;
    this.#noteExtended(node);
  }

  /** What is there by now, but for the holes: they may be those of content that is not told yet. */
  #extendedAt(at: Name, inode: number, type: NodeType): ByteString | null {
    const extended = this.#doors.extendedOf({ ...at, inode });
    return extended === null || extended === NO_EXTENDED || type !== 'file' ? extended : withHolesUntold(extended);
  }

  #link(root: Node, { folder, name, node: inode, status }: OperationOf<'link'>): void {
    const parent = this.#folder(root, folder);
    if (parent === undefined || !this.#names.covers({ parent, name }, false)) return;
    const at = { parent, name };
    const node = this.#node(root, inode);
    if (node === undefined || node.type === 'folder') return this.#doors.look(at);
    if (this.#shadow.tree.child(parent, name) === node) return;
    this.#names.clear(at);
    if (!this.#shadow.holds(node)) return this.#doors.look(at);
    this.#shadow.link(node, at);
    this.#attributes(node, status);
  }

  #remove(root: Node, { folder, name, node }: OperationOf<'remove'>): void {
    const parent = this.#folder(root, folder);
    const there = parent === undefined ? undefined : this.#shadow.tree.child(parent, name);
    if (parent === undefined || there === undefined || there.id !== this.#idOf(root, node)) return;
    this.#names.clear({ parent, name });
  }

  #renaming(root: Node, { folder, name, newFolder, newName, node, exchange }: OperationOf<'rename'>) {
    return {
      id: this.#idOf(root, node),
      from: { parent: this.#folder(root, folder), name },
      to: { parent: this.#folder(root, newFolder), name: newName },
      exchange,
    };
  }

  #write(node: Node, { status, offset, content }: OperationOf<'write'>): void {
    if (node.type !== 'file') return;
    // Behind what was the end of the file.
    const leavesHole = offset > node.sizeBytes || status.sizeBytes > Math.max(node.sizeBytes, offset + content.length);
    this.#begin(node, status, leavesHole);
    for (let at = 0; at === 0 || at < content.length; at += INLINE_BYTES_MAX) {
      const piece = content.subarray(at, at + INLINE_BYTES_MAX);
      this.#shadow.write(node, this.#stat, { offset: offset + at, content: piece });
    }
    this.#end(node);
  }

  #zero(node: Node, { status, offset, length }: OperationOf<'zero'>): void {
    if (node.type !== 'file') return;
    const end = Math.min(offset + length, status.sizeBytes);
    if (end - offset > TOLD_BYTES_MAX) return this.#owe(node);
    this.#begin(node, status, true);
    let at = Math.min(offset, end);
    do {
      const piece = ZEROS.subarray(0, Math.min(end - at, INLINE_BYTES_MAX));
      this.#shadow.write(node, this.#stat, { offset: at, content: piece });
      at += piece.length;
    } while (at < end);
    this.#end(node);
  }

  #copy(node: Node, { status, offset, length }: OperationOf<'copy'>): void {
    if (node.type !== 'file') return;
    if (length > TOLD_BYTES_MAX) return this.#owe(node);
    this.#begin(node, status, true);
    for (let at = 0; at < length; ) {
      const into = this.#copied.subarray(0, Math.min(length - at, INLINE_BYTES_MAX));
      const read = this.#doors.readRange(node, offset + at, into);
      if (read === null) return this.#owe(node);
      // It was cut short since, which the next operations tell.
      if (read === 0) break;
      const content = into.subarray(0, Math.max(0, Math.min(read, status.sizeBytes - offset - at)));
      this.#shadow.write(node, this.#stat, { offset: offset + at, content });
      at += read;
    }
    this.#end(node);
  }

  /** @param mayLeaveHole - where it takes space is not what is known of it. */
  #begin(node: Node, status: NodeStatus, mayLeaveHole: boolean): void {
    this.#take(node, status);
    const { extended } = this.#stat;
    // Holes that don't fit the content of just this moment would be refused; a look tells them.
    if (extended !== null && (mayLeaveHole || extended !== NO_EXTENDED))
      this.#stat.extended = withHolesUntold(extended);
    this.#doors.written(node);
  }

  #end(node: Node): void {
    remember(node, this.#stat);
    // Also for a right that writing takes away.
    if (node.extended !== NO_EXTENDED) this.#noteExtended(node);
  }

  #attributes(node: Node, status: NodeStatus): void {
    this.#take(node, status);
    if (sameAttributes(node, this.#stat)) remember(node, this.#stat);
    else this.#shadow.attributes(node, this.#stat);
    // The tree may have been ahead, and no operation tells a folder's time later on.
    if (node.type === 'folder') this.#doors.entriesChanged(node);
    // A mode is part of an access control list, too.
    if (node.extended !== NO_EXTENDED) this.#noteExtended(node);
  }

  /** What is known of the node, with that status. */
  #take(node: Node, status: NodeStatus): void {
    const { parent, name, inode } = node;
    const known = node.extended === UNTOLD ? null : node.extended;
    const isAsked = known === null && this.#shadow.streaming;
    const found = isAsked && parent !== null ? this.#extendedAt({ parent, name }, inode, node.type) : null;
    fill(this.#stat, inode, status);
    this.#stat.extended = known ?? found ?? (isAsked ? UNTOLD : null);
    if (isAsked && found === null) this.#noteExtended(node);
  }

  /** What it carries is another by now, and a look will tell. */
  #leaveUnread(node: Node): void {
    node.extended = null;
    this.#noteExtended(node);
    if (this.#unread.size % UNREAD_MAX === 0) for (const one of this.#unread) this.#isUnread(one);
    this.#unread.add(node);
  }

  #noteExtended(node: Node): void {
    this.#doors.note(...placeOf(node), NOTICE.attributes | (node.parent === null ? 0 : STATUS_ONLY));
  }

  /** Its content was changed, and is told once it is found where the tree has it. */
  #owe(node: Node): void {
    if (node.type !== 'file') return this.#noteExtended(node);
    this.#owed.add(node);
  }

  #folder(root: Node, inode: number): Node | undefined {
    const node = this.#node(root, inode);
    return node?.type === 'folder' ? node : undefined;
  }

  #node(root: Node, inode: number): Node | undefined {
    const id = this.#idOf(root, inode);
    return id === null ? undefined : this.#shadow.tree.get(id);
  }

  #idOf(root: Node, inode: number): NodeId | null {
    return inode === ITS_ROOT ? root.id : nodeIdOf(deviceIndexOf(root.id), inode);
  }
}

/** Folder and name under which a node itself is looked at. */
function placeOf(node: Node): readonly [folder: Node, name: ByteString] {
  return node.parent === null ? [node, ITSELF] : [node.parent, node.name];
}

/** Operations don't tell when they changed a node, which no status of the disk is then taken to equal. */
function fill(stat: Stat, inode: number, status: NodeStatus): void {
  Object.assign(stat, status);
  stat.inode = inode;
  stat.ctimeSeconds = 0;
  stat.ctimeNanoseconds = 0;
}
