import type { Attributes, NodeId } from '../changes/change.ts';
import { permissionsOf } from '../changes/node-facts.ts';
import type { Name, Node, NodeTree } from '../changes/node-tree.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import { must } from '../kernel/assert.ts';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import type { Clock } from '../kernel/clock.ts';
import { FileError, type NameAt, Stat } from '../kernel/files.ts';
import type { HashContent } from '../kernel/hash.ts';
import { isRecorded, realPath } from './file-facts.ts';
import { Folders } from './folders.ts';
import { Holds } from './holds.ts';
import type { ApplyHost } from './host.ts';
import { InUse, InUseTest, type UsedFile } from './in-use.ts';
import { LiftingFiles } from './lifting-files.ts';
import { Marks } from './marks.ts';
import { PassingMarks } from './passing-marks.ts';
import { problemOf, tellRefusal, tellRefusalOver } from './refusal.ts';
import type { ReplicaOptions } from './replica-options.ts';
import { Stash } from './stash.ts';

/** Begins the names in `staging` of what a restart may throw away. */
export const NEW = 'new-';

/** The passive's copy: the tree of what was applied, the disk beneath it, and what is known not to be equal. */
export class Replica {
  readonly files: LiftingFiles;
  readonly tree: NodeTree;
  readonly protectedSet: ProtectedSet;
  readonly base: ByteString;
  readonly hash: HashContent;
  readonly clock: Clock;
  readonly host: ApplyHost;
  readonly freeBytes: (path: ByteString) => number;
  readonly marks: Marks;
  readonly passing: PassingMarks;
  readonly folders: Folders;
  readonly inUse: InUseTest;
  readonly holds: Holds;
  /** Nodes whose record is not saved yet; one that the tree no longer has is to be removed there. */
  readonly dirty = new Set<NodeId>();
  /** False until the content that was found here may be replaced: then nothing is changed on disk. */
  adopted = false;
  /** Told of a node that has no name any more. */
  onGone: (node: Node) => void = () => undefined;
  /** Told of a folder that has another place on disk than before, so that it can be watched. */
  onFolder: (folder: Node) => void = () => undefined;
  /** Told of a stash when it is opened: an earlier run may have left something in it. */
  onStash: (stash: Stash) => void = () => undefined;
  /** Puts a folder back that is not where the tree says. */
  onAstray: (folder: Node) => boolean = () => false;
  readonly #stashes = new Map<ByteString, Stash>();
  /** Folders in which names were changed: their time is put back to what the stream said. */
  readonly #touched = new Set<Node>();
  readonly #rechecks = new Set<NodeId>();
  readonly #doubts = new WeakMap<Node, number>();
  #newNames = 0;

  constructor(options: ReplicaOptions) {
    this.files = new LiftingFiles(options.files, (stat) => this.#flagsRestored(stat));
    this.tree = options.tree;
    this.protectedSet = options.protectedSet;
    this.base = options.base;
    this.hash = options.hash;
    this.clock = options.clock;
    this.host = options.host;
    this.freeBytes = options.freeBytes;
    this.marks = new Marks(options.clock);
    this.passing = new PassingMarks(this.marks, options.clock);
    this.folders = new Folders({ ...options, files: this.files, astray: (folder) => this.onAstray(folder) });
    this.inUse = new InUseTest(this, options.uses);
    this.holds = new Holds(this, options.uses, options.server);
  }

  rootOf(node: Node): Node {
    let at = node;
    while (at.parent !== null) at = at.parent;
    return at;
  }

  /** The stash of the protected folder that holds the node. @throws FileError where there can be none. */
  stashOf(node: Node): Stash {
    const root = this.rootOf(node);
    const open = this.#stashes.get(root.name);
    if (open !== undefined) return open;
    const made = Stash.open(this.files, this.folders.open(root), realPath(this.base, root.name));
    this.#stashes.set(root.name, made);
    this.onStash(made);
    if (made.isInside) this.touch(root);
    return made;
  }

  get stashes(): Iterable<[ByteString, Stash]> {
    return this.#stashes;
  }

  /** Lets go of everything that is open. */
  close(closeStash: (stash: Stash) => void): void {
    this.holds.clear();
    this.folders.closeAll();
    for (const stash of this.#stashes.values()) closeStash(stash);
    this.#stashes.clear();
  }

  /** A free name in `staging`, for what gets its real name when it is whole. */
  newName(node: Node): NameAt {
    return { folder: this.stashOf(node).staging, name: fromText(NEW + String(++this.#newNames)) };
  }

  /** Writes down that the file is ours before it is changed. */
  own(node: Node, inode: number): void {
    this.stashOf(node).own.add(inode);
  }

  /** As {@link own}, of many files at once. */
  ownAll(made: readonly { readonly node: Node; readonly inode: number }[]): void {
    const byStash = Map.groupBy(made, ({ node }) => this.stashOf(node));
    for (const [{ own }, files] of byStash) own.addAll(files.map(({ inode }) => inode));
  }

  /** The file's status after Apply's own operation, so that the guard can tell it from a stranger's. */
  record(node: Node, stat: Readonly<Stat>): void {
    // A check says so of every item: what is the same need not be written down again.
    if (isRecorded(node, stat)) return;
    if (node.inode !== stat.inode && node.type === 'folder') this.onFolder(node);
    node.inode = stat.inode;
    node.mode = permissionsOf(stat);
    node.uid = stat.uid;
    node.gid = stat.gid;
    node.ctimeSeconds = stat.ctimeSeconds;
    node.ctimeNanoseconds = stat.ctimeNanoseconds;
    this.dirty.add(node.id);
    // A folder's time is what the stream says; what names do to it meanwhile is put back.
    if (node.type === 'folder') return;
    node.sizeBytes = stat.sizeBytes;
    node.mtimeSeconds = stat.mtimeSeconds;
    node.mtimeNanoseconds = stat.mtimeNanoseconds;
  }

  /** Nothing on disk is the node's. */
  recordAbsent(node: Node): void {
    node.inode = 0;
    this.folders.drop(node.id);
    this.dirty.add(node.id);
  }

  /** The node that the tree says has this inode. */
  known(stat: Readonly<Stat>): Node | undefined {
    return this.tree.withInode(stat.inode).findLast((node) => this.stashOf(node).device === stat.device);
  }

  /** Forgets everything: the tree is about to be another. */
  forget(): void {
    this.tree.clear();
    for (const [id] of this.marks.nodes) this.forgetMark(id);
    this.marks.clearAll();
    this.holds.clear();
    this.folders.closeAll();
    this.dirty.clear();
  }

  touch(folder: Node): void {
    this.#touched.add(folder);
  }

  /** As {@link touch}, of a folder known by its descriptor only; one that is no item needs nothing. */
  touchOpen(descriptor: number): void {
    const stat = new Stat();
    this.files.stat(descriptor, stat);
    const folder = this.known(stat);
    if (folder !== undefined) this.touch(folder);
  }

  /**
   * Puts back the time of every folder that has another one than the stream said, after a check that
   * compared them all: what was put right meanwhile may have moved any of them.
   */
  settleAllFolders(): void {
    const stat = new Stat();
    for (const folder of this.tree.nodes) {
      if (folder.type !== 'folder' || folder.inode === 0 || this.#hasNoTime(folder)) continue;
      this.attempt(folder, () => {
        this.files.stat(this.folders.open(folder), stat);
        const isAsStated =
          stat.mtimeSeconds === folder.mtimeSeconds && stat.mtimeNanoseconds === folder.mtimeNanoseconds;
        if (!isAsStated) this.touch(folder);
      });
      this.folders.trim();
    }
    this.settleFolders();
  }

  /** Puts back the times of folders in which names were changed, and the flags that stood in the way of changes. */
  settleFolders(): void {
    this.#settleTimes();
    this.files.restore();
  }

  #settleTimes(): void {
    for (const folder of this.#touched) {
      // Its record, which says the time, is still to come.
      if (this.tree.get(folder.id) === folder && this.#hasNoTime(folder)) continue;
      this.#touched.delete(folder);
      if (this.tree.get(folder.id) !== folder || !this.hasAttributes(folder)) continue;
      this.attempt(folder, () => {
        this.files.setMtime(this.folders.open(folder), {
          seconds: folder.mtimeSeconds,
          nanoseconds: folder.mtimeNanoseconds,
        });
      });
    }
  }

  /** A protected folder that is no item itself keeps its own attributes. */
  hasAttributes(folder: Node): boolean {
    if (folder.parent !== null) return true;
    return this.protectedSet.folders.some((f) => f.path === folder.name && f.attributesCount);
  }

  /** Intended attributes of a folder, for when its time is put back. */
  intend(folder: Node, attributes: Attributes): void {
    this.remember(folder, attributes);
    this.touch(folder);
  }

  /** What a folder's time is to be, also after names in it were changed here. */
  remember(folder: Node, { mtimeSeconds, mtimeNanoseconds }: Attributes): void {
    if (folder.mtimeSeconds === mtimeSeconds && folder.mtimeNanoseconds === mtimeNanoseconds) return;
    folder.mtimeSeconds = mtimeSeconds;
    folder.mtimeNanoseconds = mtimeNanoseconds;
    this.dirty.add(folder.id);
  }

  /** Takes a name from the tree; what thereby has no name any more is forgotten everywhere. */
  dropName(parent: Node, name: ByteString): void {
    const node = this.tree.child(parent, name);
    if (node === undefined) return;
    this.dropping(node, () => this.tree.unlink(parent, name));
  }

  /** Runs an operation of the tree that may forget `node` and what is below it. */
  dropping(node: Node, operation: () => void): void {
    const below = node.type === 'folder' ? this.subtree(node) : [node];
    operation();
    for (const one of below) {
      this.dirty.add(one.id);
      if (this.tree.get(one.id) === one) continue;
      this.folders.drop(one.id);
      this.#touched.delete(one);
      this.#clearMark(one);
      this.#rechecks.delete(one.id);
      this.onGone(one);
    }
  }

  subtree(node: Node): Node[] {
    const all = [node];
    for (let at = 0; at < all.length; at++)
      for (const child of must(all[at], 'node').children?.values() ?? []) all.push(child);
    return all;
  }

  /** Something is not as the tree says, and guessing would be wrong: have the active server state it. */
  doubt(node: Node): void {
    // No record says that such a protected folder itself is equal; what is in it is told item by item.
    if (node.parent === null && !this.hasAttributes(node)) return this.recheck(node.id);
    this.marks.set(node.id, 'Unchecked');
    this.#countDoubt(node);
    // It is asked for when it is free.
    if (this.holds.has(node.id)) return;
    // What comes into doubt again and again is asked for ever more rarely, or it would be all that is done.
    if (this.marks.doubted(node.id)) this.recheck(node.id);
  }

  /** What was not equal at the checkpoint is stated again first. */
  recheckMarked(): void {
    for (const [node] of this.marks.nodes) {
      this.recheck(node);
      this.marks.retryLater(node);
    }
  }

  /** Nothing is known to be equal any more. */
  distrustAll(): void {
    for (const node of this.tree.nodes) if (node.parent !== null) this.marks.set(node.id, 'Unchecked');
  }

  /** How often the node came into doubt so far, or something of it was refused. */
  doubtsOf(node: Node): number {
    return this.#doubts.get(node) ?? 0;
  }

  #countDoubt(node: Node): void {
    this.#doubts.set(node, this.doubtsOf(node) + 1);
  }

  recheck(id: NodeId): void {
    this.#rechecks.add(id);
  }

  /** Hands on what is to be stated again; after a batch, because a later change often settles it. */
  sendRechecks(): void {
    for (const id of this.#rechecks) this.host.recheck(id);
    this.#rechecks.clear();
  }

  /** Runs what concerns one item; a refusal puts it out of sync, nothing more. `held` is told of a file in use. */
  attempt(node: Node, action: () => void, held = (file: UsedFile) => this.holds.holdNode(node, file)): boolean {
    try {
      action();
      return true;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (error instanceof InUse && node.type === 'file') this.#countDoubt(node);
      if (error instanceof InUse) held(error.file);
      else this.failed(node, error);
      return false;
    }
  }

  /** As {@link attempt}, of what takes a name away: it is the name that waits, for no node is to have it. */
  attemptRemoval(node: Node, action: () => void): boolean {
    return this.attempt(node, action, (file) => this.holds.holdName(file));
  }

  failed(node: Node, error: FileError): void {
    const path = this.tree.pathOf(node);
    const problem = problemOf(error, { path, root: this.rootOf(node).name, node: node.id });
    // What has no name any more has nobody waiting for it.
    if (this.tree.get(node.id) !== node) return;
    const before = this.marks.get(node.id)?.problem ?? null;
    this.marks.set(node.id, 'Out of sync', problem);
    // Of a folder it may be a name in it that stays: a check that goes on with its other names proves nothing about it.
    this.#countDoubt(node);
    // What came into doubt often is asked for rarely; that it is refused is something else, and may soon be over.
    if (before === null) this.marks.retrySoon(node.id);
    // One try may fail in many parts: they are one failure.
    else if (!this.marks.willRetry(node.id)) this.marks.retryLater(node.id);
    tellRefusal(this.host, { path, problem, before });
  }

  /** The node is no item any more, or another one: nothing is known of it. */
  forgetMark(id: NodeId): void {
    tellRefusalOver(this.host, this.marks.clear(id)?.problem ?? null);
  }

  /** The item is known to be equal by one of its names; where it has others, by those, too. */
  unmark(node: Node): void {
    if (this.marks.get(node.id) === undefined) return;
    if (this.#isUnderAllNames(node)) this.#clearMark(node);
    else this.doubt(node);
  }

  #isUnderAllNames(node: Node): boolean {
    if (node.otherNames === null || node.inode === 0) return true;
    const stat = new Stat();
    try {
      return this.tree
        .namesOf(node)
        .every(
          ({ parent, name }) => this.files.statAt(this.folders.open(parent), name, stat) && stat.inode === node.inode,
        );
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return false;
    }
  }

  #clearMark(node: Node): void {
    const isPassing = this.passing.has(node.id);
    const mark = this.marks.clear(node.id);
    if (mark === undefined) return;
    this.#rechecks.delete(node.id);
    tellRefusalOver(this.host, mark.problem);
    const path = this.tree.pathOf(node);
    if (path !== null && mark.status === 'Out of sync' && !isPassing) this.host.note({ kind: 'repaired', path });
  }

  firstName(node: Node): Name | null {
    return node.parent === null ? null : { parent: node.parent, name: node.name };
  }

  /** Our own doing moved its change time. */
  #flagsRestored(stat: Readonly<Stat>): void {
    const node = this.known(stat);
    if (node === undefined) return;
    node.ctimeSeconds = stat.ctimeSeconds;
    node.ctimeNanoseconds = stat.ctimeNanoseconds;
    this.dirty.add(node.id);
  }

  #hasNoTime(folder: Node): boolean {
    return folder.mtimeSeconds === 0 && folder.mtimeNanoseconds === 0;
  }
}
