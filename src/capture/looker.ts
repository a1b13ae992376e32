import { type ByteString, toDisplay } from '../kernel/byte-string.ts';
import { FileError, type Files, Stat } from '../kernel/files.ts';
import { NOTICE } from '../kernel/notices.ts';
import { deviceIndexOf, type NodeId, nodeIdOf, type NodeType } from '../changes/change.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import { nodeTypeOf } from '../changes/node-type.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import { isStatusOnly, passedOn, READ_AGAIN, TELL_GONE } from './due-looks.ts';
import type { FileSystems } from './file-systems.ts';
import { type Found, type Intake, type Look, type LookerDoors, type LookOutcome } from './intake.ts';
import type { Moves } from './moves.ts';
import { oddTypeOf, sameSizeAndMtime } from './node-status.ts';
import type { OpenFolders } from './open-folders.ts';
import type { Shadow } from './shadow.ts';
import type { Troubles } from './troubles.ts';

/** Looks lead to further looks at names that are in the way; never deeper than this. */
const DEPTH_MAX = 8;

/** Looks at one name on disk and brings the tree up to date, telling what changed. */
export class Looker {
  readonly #files: Files;
  readonly #intake: Intake;
  readonly #set: ProtectedSet;
  readonly #shadow: Shadow;
  readonly #folders: OpenFolders;
  readonly #moves: Moves;
  readonly #troubles: Troubles;
  readonly #fileSystems: FileSystems;
  readonly #doors: LookerDoors;
  readonly #other = new Stat();

  constructor(options: {
    files: Files;
    intake: Intake;
    set: ProtectedSet;
    shadow: Shadow;
    folders: OpenFolders;
    moves: Moves;
    troubles: Troubles;
    fileSystems: FileSystems;
    doors: LookerDoors;
  }) {
    this.#files = options.files;
    this.#intake = options.intake;
    this.#set = options.set;
    this.#shadow = options.shadow;
    this.#folders = options.folders;
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
    const opened = this.#intake.open(folder);
    if (typeof opened !== 'number') return opened;
    try {
      this.#files.stat(opened, this.#intake.stat);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#troubles.raiseForPath('CAP-002', this.#shadow.tree.pathOf(folder) ?? folder.name, error.code);
      return 'done';
    }
    this.#intake.refreshFolder(folder, opened, (bits & NOTICE.created) !== 0);
    return 'done';
  }

  #look(look: Look): LookOutcome {
    const { parent, name } = look.at;
    if (!this.#shadow.holds(parent)) return 'done';
    const path = this.#shadow.tree.pathOfName(look.at);
    if (path === null) return 'done';
    const folder = this.#intake.open(parent);
    if (typeof folder !== 'number') return folder;
    let there: boolean;
    try {
      there = this.#files.statAt(folder, name, this.#intake.stat);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (error.code === 'ENAMETOOLONG') return 'done';
      this.#troubles.raiseForPath('CAP-002', path, error.code);
      return 'done';
    }
    if (isStatusOnly(look.bits) && !this.#isAsTold(this.#child(look.at), there)) {
      return this.#child(look.at) === undefined ? 'done' : 'gather';
    }
    const type = there ? nodeTypeOf(this.#intake.stat.mode) : null;
    if (there && !this.#set.covers(path, type === 'folder')) there = false;
    if (!there) {
      this.#passOn(look, null);
      const outcome = this.#absent(look);
      // Not before it is known whether it has gone, or has gone elsewhere.
      if (this.#child(look.at) === undefined) this.#troubles.settle(path);
      return outcome;
    }
    const id = this.#carried(path, type, parent);
    if (id === 'hidden') return 'done';
    this.#passOn(look, id);
    if (id === null || type === null) return this.#absent(look);
    this.#troubles.clear('CAP-006', path);
    this.#troubles.clear('CAP-007', path);
    if (this.#troubles.has('CAP-002', path)) look.bits |= type === 'folder' ? NOTICE.created : READ_AGAIN;
    return this.#present(look, { id, type });
  }

  /** Is what has the name what operations told so far? More is on its way where it is not. */
  #isAsTold(told: Node | undefined, isThere: boolean): boolean {
    const { stat } = this.#intake;
    if (told === undefined || !isThere || told.inode !== stat.inode) return false;
    return told.type !== 'file' || sameSizeAndMtime(told, stat);
  }

  /** The file was changed through a name that it lost since: what the notice said holds for its other names. */
  #passOn(look: Look, found: NodeId | null): void {
    const bits = passedOn(look.bits);
    const before = bits === 0 ? undefined : this.#child(look.at);
    if (before === undefined || before.id === found || before.otherNames === null) return;
    const names = this.#shadow.tree.namesOf(before);
    const other = names.find(({ parent, name }) => parent !== look.at.parent || name !== look.at.name);
    if (other === undefined) return;
    this.#doors.note(other.parent, other.name, bits);
  }

  /** @returns the node id of what was found; null where it is not carried, `hidden` where a mount covers it. */
  #carried(path: ByteString, type: NodeType | null, parent: Node): NodeId | 'hidden' | null {
    if (type === null) {
      this.#troubles.raise('CAP-007', path, { path: toDisplay(path), type: oddTypeOf(this.#intake.stat.mode) });
      return null;
    }
    const index = deviceIndexOf(parent.id);
    if (this.#fileSystems.indexOf(this.#intake.stat.device) !== index) {
      this.#troubles.raise('CAP-006', path, { path: toDisplay(path) });
      return 'hidden';
    }
    const id = nodeIdOf(index, this.#intake.stat.inode);
    if (id === null) {
      this.#troubles.raise('CAP-007', path, { path: toDisplay(path), type: 'a file with an inode number above 2^47' });
    }
    return id;
  }

  #absent(look: Look): LookOutcome {
    if (this.#child(look.at) === undefined) return 'done';
    const surer = this.#makeSure(look);
    if (surer !== null) return surer;
    // What another look depends on can't wait.
    const isAlone = look.depth === 0 && (look.bits & TELL_GONE) === 0;
    if (isAlone && this.#doors.gathersDepartures()) return 'departs';
    this.#moves.touched(look.at.parent, look.at.name);
    this.#shadow.unlink(look.at);
    return 'done';
  }

  #present(look: Look, found: Found): LookOutcome {
    const current = this.#child(look.at);
    if (current?.id === found.id && current.type === found.type) return this.#intake.refresh(look, current);
    const known = this.#shadow.tree.get(found.id);
    if (current === undefined && known === undefined) return this.#intake.create(look, found);
    const surer = this.#makeSure(look);
    if (surer !== null) return surer;
    if (known === undefined) return this.#intake.create(look, found);
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
    this.#look({
      at: went,
      bits: NOTICE.moved | passedOn(look.bits),
      gathered: true,
      drained: true,
      depth: look.depth + 1,
    });
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
    if (!sameKind || known.type === 'folder' || this.#intake.stat.linkCount < 2)
      return this.#lookElsewhere(look, alive);
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
    // What was done to it under its former name, which leads to it no more.
    look.bits |= passedOn(this.#doors.reasons(from));
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
    return this.#intake.refresh(look, node);
  }

  #child(at: Name): Node | undefined {
    return this.#shadow.tree.child(at.parent, at.name);
  }
}
