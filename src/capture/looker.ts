import { type ByteString, toDisplay } from '../kernel/byte-string.ts';
import { FileError, type Files, Stat } from '../kernel/files.ts';
import { NOTICE, type NoticeSource } from '../kernel/notices.ts';
import { deviceIndexOf, INLINE_BYTES_MAX, type NodeId, nodeIdOf, type NodeType } from '../changes/change.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import { READ_AGAIN } from './due-looks.ts';
import type { FileSystems } from './file-systems.ts';
import type { LargeContent } from './large-content.ts';
import type { Moves } from './moves.ts';
import type { NodeReader } from './node-reader.ts';
import {
  oddTypeOf,
  remember,
  sameAttributes,
  sameCtime,
  sameSizeAndMtime,
  typeOf,
  unchanged,
} from './node-status.ts';
import type { OpenFolders } from './open-folders.ts';
import { NOTHING, type Shadow } from './shadow.ts';
import type { Troubles } from './troubles.ts';

/** `later`: what is on disk is not settled. `gather`: a new file gets its time to be written. */
export type LookOutcome = 'done' | 'later' | 'gather';

/** What a look needs of the others. */
export interface LookerDoors {
  /** Takes all waiting notices; moves among them are applied at once. */
  drain(): void;
  /** A folder is new, or may be another than before: watch and list it. */
  enter(folder: Node): void;
  note(folder: Node, name: ByteString, bits: number): void;
  /** Content or status of the node was just taken over. */
  taken(node: Node): void;
  looked(node: Node, costMs: number): void;
  nowMs(): number;
}

/** One look: where, why, and what was already done to be sure. */
interface Look {
  readonly at: Name;
  bits: number;
  readonly gathered: boolean;
  drained: boolean;
  depth: number;
}

interface Found {
  readonly id: NodeId;
  readonly type: NodeType;
}

/** Looks lead to further looks at names that are in the way; never deeper than this. */
const DEPTH_MAX = 8;
const CONTENT_BITS = NOTICE.modified | NOTICE.written;

/** Looks at one name on disk and brings the tree up to date, telling what changed. */
export class Looker {
  readonly #files: Files;
  readonly #notices: NoticeSource;
  readonly #set: ProtectedSet;
  readonly #shadow: Shadow;
  readonly #folders: OpenFolders;
  readonly #reader: NodeReader;
  readonly #large: LargeContent;
  readonly #moves: Moves;
  readonly #troubles: Troubles;
  readonly #fileSystems: FileSystems;
  readonly #doors: LookerDoors;
  readonly #stat = new Stat();
  readonly #other = new Stat();

  constructor(options: {
    files: Files;
    notices: NoticeSource;
    set: ProtectedSet;
    shadow: Shadow;
    folders: OpenFolders;
    reader: NodeReader;
    large: LargeContent;
    moves: Moves;
    troubles: Troubles;
    fileSystems: FileSystems;
    doors: LookerDoors;
  }) {
    this.#files = options.files;
    this.#notices = options.notices;
    this.#set = options.set;
    this.#shadow = options.shadow;
    this.#folders = options.folders;
    this.#reader = options.reader;
    this.#large = options.large;
    this.#moves = options.moves;
    this.#troubles = options.troubles;
    this.#fileSystems = options.fileSystems;
    this.#doors = options.doors;
  }

  /** @param bits - bits of NOTICE and READ_AGAIN; 0 where nothing is known. */
  look(folder: Node, name: ByteString, bits: number, gathered: boolean): LookOutcome {
    if (name === '') return this.#lookAtFolder(folder, bits);
    return this.#look({ at: { parent: folder, name }, bits, gathered, drained: false, depth: 0 });
  }

  /** The folder's own attributes. */
  #lookAtFolder(folder: Node, bits: number): LookOutcome {
    if (!this.#shadow.holds(folder)) return 'done';
    const opened = this.#open(folder);
    if (typeof opened !== 'number') return opened;
    this.#files.stat(opened, this.#stat);
    this.#refreshFolder(folder, (bits & NOTICE.created) !== 0);
    return 'done';
  }

  #look(look: Look): LookOutcome {
    const { parent, name } = look.at;
    if (!this.#shadow.holds(parent)) return 'done';
    const path = this.#shadow.tree.pathOfName(look.at);
    if (path === null) return 'done';
    const folder = this.#open(parent);
    if (typeof folder !== 'number') return folder;
    let there: boolean;
    try {
      there = this.#files.statAt(folder, name, this.#stat);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (error.code === 'ENAMETOOLONG') return 'done';
      this.#troubles.raiseForPath('CAP-002', path, error.code);
      return 'done';
    }
    const type = there ? typeOf(this.#stat.mode) : null;
    if (there && !this.#set.covers(path, type === 'folder')) there = false;
    if (!there) {
      this.#troubles.settle(path);
      return this.#absent(look);
    }
    const id = this.#carried(path, type, parent);
    if (id === 'hidden') return 'done';
    if (id === null || type === null) return this.#absent(look);
    this.#troubles.clear('CAP-006', path);
    this.#troubles.clear('CAP-007', path);
    if (this.#troubles.has('CAP-002', path)) look.bits |= type === 'folder' ? NOTICE.created : READ_AGAIN;
    return this.#present(look, { id, type });
  }

  #open(folder: Node): number | LookOutcome {
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

  /** @returns the node id of what was found; null where it is not carried, `hidden` where a mount covers it. */
  #carried(path: ByteString, type: NodeType | null, parent: Node): NodeId | 'hidden' | null {
    if (type === null) {
      this.#troubles.raise('CAP-007', path, { path: toDisplay(path), type: oddTypeOf(this.#stat.mode) });
      return null;
    }
    const index = deviceIndexOf(parent.id);
    if (this.#fileSystems.indexOf(this.#stat.device) !== index) {
      this.#troubles.raise('CAP-006', path, { path: toDisplay(path) });
      return 'hidden';
    }
    const id = nodeIdOf(index, this.#stat.inode);
    if (id === null) {
      this.#troubles.raise('CAP-007', path, { path: toDisplay(path), type: 'a file with an inode number above 2^47' });
    }
    return id;
  }

  #absent(look: Look): LookOutcome {
    if (this.#child(look.at) === undefined) return 'done';
    const surer = this.#makeSure(look);
    if (surer !== null) return surer;
    this.#moves.touched(look.at.parent, look.at.name);
    this.#shadow.unlink(look.at);
    return 'done';
  }

  #present(look: Look, found: Found): LookOutcome {
    const current = this.#child(look.at);
    if (current?.id === found.id && current.type === found.type) return this.#refresh(look, current);
    const known = this.#shadow.tree.get(found.id);
    if (current === undefined && known === undefined) return this.#create(look, found);
    const surer = this.#makeSure(look);
    if (surer !== null) return surer;
    if (known === undefined) return this.#create(look, found);
    if (known !== current) return this.#known(look, found, known);
    // The number lives on as something of another type.
    this.#shadow.unlink(look.at);
    look.depth += 1;
    return this.#look(look);
  }

  /**
   * Before the tree is changed by what a look found, the notices that explain it are read and the name
   * it may have moved to is looked at; then the look begins anew.
   */
  #makeSure(look: Look): LookOutcome | null {
    if (look.depth >= DEPTH_MAX) return 'later';
    if (!look.drained) {
      this.#doors.drain();
      look.drained = true;
      return this.#look(look);
    }
    const went = this.#moves.takeWhereTo(look.at.parent, look.at.name);
    if (went === null) return null;
    this.#look({ at: went, bits: NOTICE.moved, gathered: true, drained: true, depth: look.depth + 1 });
    look.depth += 1;
    return this.#look(look);
  }

  /** The inode is in the tree under other names: it was moved, linked, or is a number used again. */
  #known(look: Look, found: Found, known: Node): LookOutcome {
    const names = this.#shadow.tree.namesOf(known);
    const alive = names.filter((name) => this.#stillThere(name, known.inode));
    const sameKind = known.type === found.type;
    if (alive.length === 0) {
      const wasCreated = (look.bits & NOTICE.created) !== 0 && (look.bits & NOTICE.moved) === 0;
      const [from] = names;
      if (sameKind && from !== undefined && names.length === 1 && !wasCreated) return this.#moved(look, known, from);
      if (names.length === 0) return 'later';
      return this.#lookElsewhere(look, names);
    }
    if (!sameKind || known.type === 'folder' || this.#stat.linkCount < 2) return this.#lookElsewhere(look, alive);
    return this.#linked(look, known);
  }

  #stillThere(at: Name, inode: number): boolean {
    let folder: number | null;
    try {
      folder = this.#folders.open(at.parent);
      return folder !== null && this.#files.statAt(folder, at.name, this.#other) && this.#other.inode === inode;
    } catch (error) {
      if (error instanceof FileError) return false;
      throw error;
    }
  }

  /** The other names must be settled before this one. */
  #lookElsewhere(look: Look, names: readonly Name[]): LookOutcome {
    if (look.depth >= DEPTH_MAX) return 'later';
    for (const at of names) this.#look({ at, bits: 0, gathered: true, drained: true, depth: look.depth + 4 });
    look.depth += 4;
    return this.#look(look);
  }

  #moved(look: Look, node: Node, from: Name): LookOutcome {
    const { tree } = this.#shadow;
    // The tree lags: the new folder itself left this one, or is going to.
    if (tree.contains(node, look.at.parent)) return 'later';
    const current = this.#child(look.at);
    if (current !== undefined && tree.contains(current, node)) return 'later';
    this.#moves.touched(from.parent, from.name);
    this.#moves.touched(look.at.parent, look.at.name);
    if (current !== undefined && (current.type === 'folder' || node.type === 'folder')) this.#shadow.unlink(look.at);
    this.#shadow.rename(node, from, look.at);
    if (node.type === 'folder') this.#doors.enter(node);
    return this.#look({ ...look, drained: true, depth: look.depth + 1 });
  }

  #linked(look: Look, node: Node): LookOutcome {
    const current = this.#child(look.at);
    this.#moves.touched(look.at.parent, look.at.name);
    if (current?.type === 'folder') this.#shadow.unlink(look.at);
    if (current === undefined || current.type === 'folder') this.#shadow.link(node, look.at);
    else this.#shadow.linkOver(node, look.at);
    // The name is new, its node is not.
    look.bits &= ~NOTICE.created;
    return this.#refresh(look, node);
  }

  #create(look: Look, found: Found): LookOutcome {
    const current = this.#child(look.at);
    const { name } = look.at;
    this.#moves.touched(look.at.parent, name);
    if (found.type === 'folder') {
      if (current !== undefined) this.#shadow.unlink(look.at);
      const node = this.#shadow.create(look.at, { ...found, stat: this.#stat, content: NOTHING });
      this.#doors.enter(node);
      return 'done';
    }
    if (found.type === 'symlink') {
      const folder = this.#open(look.at.parent);
      if (typeof folder !== 'number') return folder;
      const content = this.#reader.target(folder, name);
      if (content === null) return 'later';
      this.#put(look.at, { ...found, stat: this.#stat, content });
      return 'done';
    }
    return this.#createFile(look, found);
  }

  #createFile(look: Look, found: Found): LookOutcome {
    const stat = this.#stat;
    if (!this.#shadow.tellsNew) {
      const node = this.#put(look.at, { ...found, stat, content: NOTHING });
      if (stat.linkCount > 1) this.#findKey(node);
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
    this.#afterRead(node, beganMs);
    return 'done';
  }

  #createLarge(look: Look, found: Found, stat: Readonly<Stat>): LookOutcome {
    const linked = stat.linkCount > 1;
    const node = this.#put(look.at, { ...found, stat, content: NOTHING });
    this.#doors.taken(node);
    if (linked) this.#findKey(node);
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

  #refresh(look: Look, node: Node): LookOutcome {
    const stat = this.#stat;
    if (node.type === 'file' && stat.linkCount > 1 && node.key === null) this.#findKey(node);
    const again = (look.bits & READ_AGAIN) !== 0;
    if (node.type === 'folder') {
      this.#refreshFolder(node, (look.bits & NOTICE.created) !== 0);
      return 'done';
    }
    if (!again && unchanged(node, stat) && sameAttributes(node, stat)) return 'done';
    if (node.type === 'symlink') return this.#refreshLink(look, node);
    if (!this.#shadow.streaming) {
      remember(node, stat);
      return 'done';
    }
    if (again || mayHaveNewContent(node, stat, look.bits)) return this.#refreshContent(look, node);
    this.#takeStatus(node);
    return 'done';
  }

  /** Only attributes, or nothing that is carried, moved. */
  #takeStatus(node: Node): void {
    if (sameAttributes(node, this.#stat)) remember(node, this.#stat);
    else this.#shadow.attributes(node, this.#stat);
    this.#doors.taken(node);
  }

  #refreshFolder(node: Node, mayBeNew: boolean): void {
    if (sameAttributes(node, this.#stat)) remember(node, this.#stat);
    else this.#shadow.attributes(node, this.#stat);
    if (mayBeNew) this.#doors.enter(node);
  }

  /** A link's target never changes, but its number may lead another life under the same name. */
  #refreshLink(look: Look, node: Node): LookOutcome {
    if (sameSizeAndMtime(node, this.#stat)) {
      this.#takeStatus(node);
      return 'done';
    }
    const { id, type } = node;
    if (node.otherNames !== null) {
      this.#takeStatus(node);
      return 'done';
    }
    this.#shadow.unlink(look.at);
    return this.#create(look, { id, type });
  }

  #refreshContent(look: Look, node: Node): LookOutcome {
    const stat = this.#stat;
    const attributesMoved = !sameAttributes(node, stat);
    if (stat.sizeBytes > INLINE_BYTES_MAX) return this.#refreshLarge(node, attributesMoved, stat);
    const beganMs = this.#doors.nowMs();
    const outcome = this.#read(look.at, stat.inode);
    if (outcome === 'large') return this.#refreshLarge(node, true, this.#reader.stat);
    if (outcome !== 'read') {
      // What can't be read can still have been given other attributes.
      if (outcome === 'done' && attributesMoved) this.#shadow.attributes(node, stat);
      return outcome;
    }
    this.#large.drop(node);
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
    const folder = this.#open(at.parent);
    if (typeof folder !== 'number') return folder;
    const outcome = this.#reader.read(folder, at.name, inode);
    if (outcome === 'gone') return 'later';
    const path = this.#shadow.tree.pathOfName(at);
    if (outcome === 'read' || outcome === 'large') {
      if (path !== null) this.#troubles.clear('CAP-002', path);
      return outcome;
    }
    if (path !== null) this.#troubles.raiseForPath('CAP-002', path, outcome.failure);
    return 'done';
  }

  #afterRead(node: Node, beganMs: number): void {
    this.#doors.taken(node);
    this.#doors.looked(node, this.#doors.nowMs() - beganMs);
    const { parent } = node;
    if (!this.#reader.settled && parent !== null) this.#doors.note(parent, node.name, NOTICE.modified | READ_AGAIN);
  }

  /** A file with several names may be changed through one outside the protected set. */
  #findKey(node: Node): void {
    if (this.#notices.kind !== 'fanotify' || node.parent === null) return;
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
  if (node.sizeBytes !== stat.sizeBytes) return true;
  if (bits === NOTICE.attributes) return false;
  if (!sameSizeAndMtime(node, stat)) return true;
  // Created or deleted: the number may lead another life under the same name.
  return (bits & (CONTENT_BITS | NOTICE.created | NOTICE.deleted)) !== 0 && !sameCtime(node, stat);
}
