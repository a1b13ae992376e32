import { type ByteString, toBytes } from '../kernel/byte-string.ts';
import { FileError, type FileOrName, type Files, isAbsence, Stat } from '../kernel/files.ts';
import { NOTICE, type NoticeSource } from '../kernel/notices.ts';
import { INLINE_BYTES_MAX, type NodeId, type NodeType } from '../changes/change.ts';
import { readExtended, UNTOLD } from '../changes/extended.ts';
import { typeOf } from '../changes/node-facts.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import { deviceTarget, isDevice } from '../changes/node-type.ts';
import { CONTENT_BITS, isStatusOnly, READ_AGAIN } from './due-looks.ts';
import type { LargeContent } from './large-content.ts';
import type { Moves } from './moves.ts';
import type { NodeReader } from './node-reader.ts';
import { remember, sameAttributes, sameCtime, sameSizeAndMtime, sameStatus, unchanged } from './node-status.ts';
import type { OpenFolders } from './open-folders.ts';
import { NOTHING, type Shadow } from './shadow.ts';
import type { Troubles } from './troubles.ts';

/**
 * `later`: what is on disk is not settled. `gather`: a new file gets its time to be written. `departs`: it is
 * gone, and told together with what else goes.
 */
export type LookOutcome = 'done' | 'later' | 'gather' | 'departs';

/** What a look needs of the others. */
export interface LookerDoors {
  /** Takes all waiting notices; moves among them are applied at once. */
  drain(): void;
  /** A folder is new, or may be another than before: watch and list it. */
  enter(folder: Node): void;
  note(folder: Node, name: ByteString, bits: number): void;
  /** Why a name is to be looked at, too; 0 where it is not. */
  reasons(at: Name): number;
  /** Content or status of the node was just taken over. */
  taken(node: Node): void;
  /** The node's content was read, which took so long. */
  read(node: Node, costMs: number): void;
  /** The file has several names, and notices do not tell which file they mean. */
  linked(file: Node): void;
  nowMs(): number;
  /** Are names that go told together? */
  gathersDepartures(): boolean;
}

/** One look: where, why, and what was already done to be sure. */
export interface Look {
  readonly at: Name;
  bits: number;
  readonly gathered: boolean;
  drained: boolean;
  depth: number;
}

export interface Found {
  readonly id: NodeId;
  readonly type: NodeType;
}

/**
 * Takes over what a look found: a new node with its content, or what changed of a known one.
 * `stat` is the status the look found, in all of it.
 */
export class Intake {
  readonly #files: Files;
  readonly #notices: NoticeSource;
  readonly #shadow: Shadow;
  readonly #folders: OpenFolders;
  readonly #reader: NodeReader;
  readonly #large: LargeContent;
  readonly #moves: Moves;
  readonly #troubles: Troubles;
  readonly #doors: LookerDoors;
  readonly #other = new Stat();
  /** Filled by the look. */
  readonly stat = new Stat();
  readonly #statAgain = new Stat();

  constructor(options: {
    files: Files;
    notices: NoticeSource;
    shadow: Shadow;
    folders: OpenFolders;
    reader: NodeReader;
    large: LargeContent;
    moves: Moves;
    troubles: Troubles;
    doors: LookerDoors;
  }) {
    this.#files = options.files;
    this.#notices = options.notices;
    this.#shadow = options.shadow;
    this.#folders = options.folders;
    this.#reader = options.reader;
    this.#large = options.large;
    this.#moves = options.moves;
    this.#troubles = options.troubles;
    this.#doors = options.doors;
  }

  open(folder: Node): number | LookOutcome {
    try {
      const opened = this.#folders.open(folder);
      if (opened !== null) return opened;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      const path = this.#shadow.tree.pathOf(folder);
      if (path !== null) this.#troubles.raiseForPath('CAP-002', path, error.code);
      return 'done';
    }
    // It was moved or removed: the notice of that, or a look at its own name, tells where.
    if (folder.parent === null) return 'done';
    this.#doors.note(folder.parent, folder.name, 0);
    return 'later';
  }

  create(look: Look, found: Found): LookOutcome {
    const current = this.#child(look.at);
    const { name } = look.at;
    this.#moves.touched(look.at.parent, name);
    if (found.type === 'folder') {
      if (current !== undefined) this.#shadow.unlink(look.at);
      if (this.#shadow.tellsNew) this.#lookBeyondStatus(look.at);
      const node = this.#shadow.create(look.at, { ...found, stat: this.stat, content: NOTHING });
      this.#doors.enter(node);
      return 'done';
    }
    if (found.type === 'file') return this.#createFile(look, found);
    const content = this.#target(look.at, found.type);
    if (!(content instanceof Uint8Array)) return content;
    if (this.#shadow.tellsNew) this.#lookBeyondStatus(look.at);
    this.#put(look.at, { ...found, stat: this.stat, content });
    return 'done';
  }

  /** Where a symbolic link leads, which device a device is. */
  #target(at: Name, type: NodeType): Uint8Array | LookOutcome {
    if (isDevice(type)) return toBytes(deviceTarget(this.stat));
    if (type !== 'symlink') return NOTHING;
    const folder = this.open(at.parent);
    if (typeof folder !== 'number') return folder;
    const target = this.#reader.target(folder, at.name);
    if (target === 'gone') return 'later';
    const path = this.#shadow.tree.pathOfName(at);
    if (target instanceof Uint8Array) {
      if (path !== null) this.#troubles.clear('CAP-002', path);
      return target;
    }
    if (path !== null) this.#troubles.raiseForPath('CAP-002', path, target.failure);
    return 'done';
  }

  /**
   * Takes what the node under the name carries beyond its status into `stat`; what can't be read is told.
   * @returns false where it can't.
   */
  #lookBeyondStatus(at: Name): boolean {
    const folder = this.open(at.parent);
    if (typeof folder !== 'number') {
      this.stat.extended = UNTOLD;
      return false;
    }
    const isRead = this.#readExtended({ folder, name: at.name }, () => this.#shadow.tree.pathOfName(at));
    if (this.stat.extended === '' || this.#isStill(folder, at.name)) return isRead;
    // They were those of what has the name by now.
    this.stat.extended = UNTOLD;
    this.#doors.note(at.parent, at.name, NOTICE.attributes);
    return isRead;
  }

  /** Is what has the name the one whose status was taken? The number of what is gone may be given anew at once. */
  #isStill(folder: number, name: ByteString): boolean {
    try {
      if (!this.#files.statAt(folder, name, this.#statAgain)) return false;
      return this.#statAgain.inode === this.stat.inode && typeOf(this.#statAgain) === typeOf(this.stat);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return false;
    }
  }

  #tellLeftOut(path: ByteString | null, names: readonly ByteString[]): void {
    if (path !== null) this.#troubles.leftOut(path, names);
  }

  #readExtended(of: FileOrName, path: () => ByteString | null): boolean {
    try {
      const leftOut = readExtended(this.#files, of, this.stat);
      if (leftOut.length > 0 || !this.#troubles.isNone) this.#tellLeftOut(path(), leftOut);
      return true;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.stat.extended = UNTOLD;
      // Gone: the notice of that is on its way.
      const at = isAbsence(error) ? null : path();
      if (at !== null) this.#troubles.raiseForPath('CAP-002', at, error.code);
      return false;
    }
  }

  #createFile(look: Look, found: Found): LookOutcome {
    const stat = this.stat;
    if (!this.#shadow.tellsNew) {
      const node = this.#put(look.at, { ...found, stat, content: NOTHING });
      if (stat.linkCount > 1) this.#hasNames(node);
      return 'done';
    }
    const beingWritten = (look.bits & NOTICE.created) !== 0 && (look.bits & (NOTICE.written | NOTICE.moved)) === 0;
    if (beingWritten && !look.gathered && stat.linkCount === 1) return 'gather';
    if (stat.sizeBytes > INLINE_BYTES_MAX) return this.#createLarge(look, found, stat);
    const beganMs = this.#doors.nowMs();
    const outcome = this.#read(look.at, stat.inode);
    if (outcome === 'large') return this.#createLarge(look, found, this.#reader.stat);
    if (outcome !== 'read') return outcome;
    const reader = this.#reader;
    const node = this.#put(look.at, { ...found, stat: reader.stat, content: reader.content });
    if (reader.key !== null) this.#shadow.setKey(node, reader.key);
    else if (reader.stat.linkCount > 1) this.#hasNames(node);
    this.#afterRead(node, beganMs);
    return 'done';
  }

  #createLarge(look: Look, found: Found, stat: Readonly<Stat>): LookOutcome {
    const linked = stat.linkCount > 1;
    if (stat.extended === null) this.#lookBeyondStatus(look.at);
    const node = this.#put(look.at, { ...found, stat, content: NOTHING });
    this.#doors.taken(node);
    if (linked) this.#hasNames(node);
    this.#large.forget(node);
    this.#large.state(node, true);
    return 'done';
  }

  /** A new file or link under the name; what had it before is never missing to who reads the copy. */
  #put(at: Name, made: { id: NodeId; type: NodeType; stat: Readonly<Stat>; content: Uint8Array }): Node {
    const current = this.#child(at);
    if (current === undefined) return this.#shadow.create(at, made);
    if (current.type !== 'folder' && this.#shadow.tellsNew) return this.#shadow.createOver(at, made);
    this.#shadow.unlink(at);
    return this.#shadow.create(at, made);
  }

  refresh(look: Look, node: Node): LookOutcome {
    const stat = this.stat;
    if (node.type === 'file' && stat.linkCount > 1) this.#hasNames(node);
    const again = (look.bits & READ_AGAIN) !== 0;
    if (node.type === 'folder') {
      const folder = this.open(look.at.parent);
      if (typeof folder !== 'number') return folder;
      this.refreshFolder(node, { folder, name: look.at.name }, (look.bits & NOTICE.created) !== 0);
      return 'done';
    }
    // Extended attributes may have changed within one tick of the kernel's clock.
    const mayBeSame = !again && (look.bits & NOTICE.attributes) === 0;
    if (mayBeSame && unchanged(node, stat) && sameStatus(node, stat)) return 'done';
    if (node.type !== 'file') return this.#refreshOther(look, node);
    if (!this.#shadow.streaming) {
      remember(node, stat);
      return 'done';
    }
    if (again || mayHaveNewContent(node, stat, look.bits)) return this.#refreshContent(look, node);
    this.#takeStatus(look.at, node);
    return 'done';
  }

  /** Only attributes, or nothing that is carried, moved. */
  #takeStatus(at: Name, node: Node): void {
    const isRead = this.#shadow.streaming && this.#lookBeyondStatus(at);
    // Of what is no file that is all there is to read.
    const path = isRead && node.type !== 'file' && !this.#troubles.isNone ? this.#shadow.tree.pathOfName(at) : null;
    if (path !== null) this.#troubles.clear('CAP-002', path);
    if (sameAttributes(node, this.stat)) remember(node, this.stat);
    else this.#shadow.attributes(node, this.stat);
    this.#doors.taken(node);
  }

  /** @param of - the folder itself, whose status is in `stat`. */
  refreshFolder(node: Node, of: FileOrName, mayBeNew: boolean): void {
    if (this.#shadow.streaming) this.#readExtended(of, () => this.#shadow.tree.pathOf(node));
    if (sameAttributes(node, this.stat)) remember(node, this.stat);
    else this.#shadow.attributes(node, this.stat);
    if (mayBeNew) this.#doors.enter(node);
  }

  /** Where a link leads and what a device is never changes, but their number may lead another life under the same name. */
  #refreshOther(look: Look, node: Node): LookOutcome {
    const { id, type } = node;
    if (sameSizeAndMtime(node, this.stat) || node.otherNames !== null) {
      this.#takeStatus(look.at, node);
      return 'done';
    }
    this.#shadow.unlink(look.at);
    return this.create(look, { id, type });
  }

  #refreshContent(look: Look, node: Node): LookOutcome {
    const stat = this.stat;
    if (stat.sizeBytes > INLINE_BYTES_MAX) {
      this.#lookBeyondStatus(look.at);
      return this.#refreshLarge(node, !sameAttributes(node, stat), stat);
    }
    const beganMs = this.#doors.nowMs();
    const outcome = this.#read(look.at, stat.inode);
    if (outcome === 'large') return this.#refreshLarge(node, true, this.#reader.stat);
    if (outcome !== 'read') {
      // What can't be read can still have been given other attributes.
      if (outcome === 'done' && !sameStatus(node, stat)) this.#takeStatus(look.at, node);
      return outcome;
    }
    this.#large.forget(node);
    this.#shadow.content(node, this.#reader.stat, this.#reader.content);
    this.#afterRead(node, beganMs);
    return 'done';
  }

  #refreshLarge(node: Node, attributesMoved: boolean, stat: Readonly<Stat>): LookOutcome {
    remember(node, stat);
    this.#doors.taken(node);
    this.#large.state(node, attributesMoved);
    return 'done';
  }

  /** @returns `done` where the file can't be read: that is told. */
  #read(at: Name, inode: number): 'read' | 'large' | LookOutcome {
    const folder = this.open(at.parent);
    if (typeof folder !== 'number') return folder;
    const outcome = this.#reader.read(folder, at.name, inode);
    if (outcome === 'gone') return 'later';
    const path = this.#shadow.tree.pathOfName(at);
    if (outcome === 'read' || outcome === 'large') {
      if (path !== null) this.#troubles.clear('CAP-002', path);
      this.#tellLeftOut(path, this.#reader.leftOut);
      return outcome;
    }
    if (path !== null) this.#troubles.raiseForPath('CAP-002', path, outcome.failure);
    return 'done';
  }

  #afterRead(node: Node, beganMs: number): void {
    this.#doors.taken(node);
    this.#doors.read(node, this.#doors.nowMs() - beganMs);
    const { parent } = node;
    if (!this.#reader.settled && parent !== null) this.#doors.note(parent, node.name, NOTICE.modified | READ_AGAIN);
  }

  /** A file with several names may be changed through one outside the protected set. */
  #hasNames(node: Node): void {
    if (this.#notices.kind !== 'fanotify') return this.#doors.linked(node);
    if (node.key !== null || node.parent === null) return;
    let opened: number | null = null;
    try {
      const folder = this.#folders.open(node.parent);
      if (folder === null) return;
      const file = this.#reader.open(folder, node.name, node.inode, this.#other);
      if (typeof file !== 'number') return;
      opened = file;
      const key = this.#notices.keyOf(file);
      if (key !== null) this.#shadow.setKey(node, key);
    } catch (error) {
      // Without the key only changes made through names outside are missed until the next check.
      if (!(error instanceof FileError)) throw error;
    } finally {
      if (opened !== null) this.#files.close(opened);
    }
  }

  #child(at: Name): Node | undefined {
    return this.#shadow.tree.child(at.parent, at.name);
  }
}

/**
 * Could a file's content differ from what the tree knows? A moved mtime alone does not say so where
 * the kernel told of attributes only: archivers set times after they closed a file.
 */
function mayHaveNewContent(node: Node, stat: Readonly<Stat>, bits: number): boolean {
  if (isStatusOnly(bits)) return false;
  if (node.sizeBytes !== stat.sizeBytes) return true;
  // A file with several names also gets that notice when it loses one, perhaps the one it was written through.
  if (bits === NOTICE.attributes && node.otherNames === null) return false;
  if (!sameSizeAndMtime(node, stat)) return true;
  // Created or deleted: the number may lead another life under the same name.
  return (bits & (CONTENT_BITS | NOTICE.created | NOTICE.deleted)) !== 0 && !sameCtime(node, stat);
}
