import type { NodeId } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import { type ByteString, toDisplay } from '../kernel/byte-string.ts';
import type { Clock } from '../kernel/clock.ts';
import type { FileUse, FileUses } from '../kernel/file-use.ts';
import { FileError, Stat } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import type { ProblemData } from '../problems/problem.ts';
import { rootOf, type Ways, withFolderOf } from './beneath.ts';
import { isAsLeft } from './file-facts.ts';
import type { ApplyHost } from './host.ts';
import type { UsedFile } from './in-use.ts';
import type { Marks } from './marks.ts';
import type { PassingMarks } from './passing-marks.ts';

/** A held file is looked at this often, … */
const LOOK_EVERY_MS = 500;
/** … and for the second time after this long: only then it is told. */
const SECOND_LOOK_MS = 200;
/** Each takes a descriptor. What is beyond is tried again as whatever else the file system refused. */
const HOLDS_MAX = 256;
const CODE = 'N29';

/** A file in use, and what waits until it is free. */
interface Hold {
  file: UsedFile;
  /** Opened with `OPEN.path`, which is no use of it. */
  readonly descriptor: number;
  /** Its status where it is as Apply left it: then nobody's content is lost with it. */
  readonly left: Stat | null;
  /** Items that can't be made equal. */
  readonly nodes: Set<NodeId>;
  /** Names that are to go, of nodes that the tree has no more. */
  readonly paths: Set<ByteString>;
  /** It was found in use again, or what waits for it was out of sync before. */
  isTold: boolean;
  lookAt: MonotonicMs;
}

/** A file that was held back and is free. */
export interface FreeFile extends Pick<Hold, 'nodes' | 'paths'> {
  readonly inode: number;
  /** It is as Apply left it. */
  readonly isAsLeft: boolean;
}

/** What a hold needs of the replica. */
export interface HoldsCopy extends Ways {
  readonly marks: Marks;
  readonly passing: PassingMarks;
  readonly clock: Clock;
  readonly host: ApplyHost;
  stashOf(folder: Node): { readonly own: { has(inode: number): boolean } };
}

/**
 * Files that somebody uses on the passive server. What is to be done to them waits, and the items are
 * Out of sync; everything else goes on. Each file is looked at again and again until it is free.
 */
export class Holds {
  readonly #copy: HoldsCopy;
  readonly #uses: FileUses;
  readonly #server: string;
  readonly #byInode = new Map<string, Hold>();
  readonly #stat = new Stat();

  /** @param server - this server's identity, for the problem. */
  constructor(copy: HoldsCopy, uses: FileUses, server: string) {
    this.#copy = copy;
    this.#uses = uses;
    this.#server = server;
  }

  /** Does the node wait for a file? Then nothing more is asked for it. */
  has(node: NodeId): boolean {
    if (this.#byInode.size === 0 || !this.#isMarked(node)) return false;
    for (const { nodes } of this.#byInode.values()) if (nodes.has(node)) return true;
    return false;
  }

  /** The item can't be made equal. */
  holdNode(node: Node, file: UsedFile): void {
    const { marks, tree } = this.#copy;
    // What has no name any more has nobody waiting for it.
    if (tree.get(node.id) !== node) return;
    const hold = this.#hold(file, node.id);
    const before = marks.get(node.id)?.problem ?? null;
    if (before !== null && before.code !== CODE) this.#copy.host.note({ kind: 'cleared', problem: before });
    marks.set(node.id, 'Out of sync', this.#problemOf(file));
    if (hold === null) marks.retryLater(node.id);
    else hold.nodes.add(node.id);
  }

  /** A name of what the tree has no more, or that belongs to nothing there, can't be taken away. */
  holdName(file: UsedFile): void {
    const { marks } = this.#copy;
    const hold = this.#hold(file, file.path);
    if (hold === null) return marks.setPath(file.path, 'Unchecked');
    marks.setPath(file.path, 'Out of sync', this.#problemOf(file));
    hold.paths.add(file.path);
  }

  /** Who uses a file was found out. @param problem - says so. */
  named(path: ByteString, problem: ProblemData): void {
    const { marks } = this.#copy;
    for (const { file, nodes, paths } of this.#byInode.values()) {
      if (file.path !== path) continue;
      for (const node of nodes) if (this.#isMarked(node)) marks.set(node, 'Out of sync', problem);
      for (const held of paths) marks.setPath(held, 'Out of sync', problem);
    }
  }

  /** Milliseconds until a file is to be looked at; infinite where none is. */
  nextLookMs(now: MonotonicMs): number {
    let at = Number.POSITIVE_INFINITY;
    for (const { lookAt } of this.#byInode.values()) at = Math.min(at, lookAt);
    return Math.max(0, at - now);
  }

  /** Files that are free since the last look. */
  takeFree(now: MonotonicMs): FreeFile[] {
    const free: FreeFile[] = [];
    for (const [key, hold] of this.#byInode) {
      if (now < hold.lookAt) continue;
      hold.lookAt = (now + LOOK_EVERY_MS) as MonotonicMs;
      this.#forgetSettled(hold);
      const use = hold.nodes.size + hold.paths.size > 0 ? this.#useOf(hold) : null;
      if (use !== null) {
        this.#usedOtherwise(hold, use);
        this.#follow(hold);
        this.#tell(hold);
        continue;
      }
      const { nodes, paths, file } = hold;
      free.push({ nodes, paths, inode: file.inode, isAsLeft: this.#isAsLeft(hold) });
      this.#end(key, hold);
    }
    return free;
  }

  /** Nothing waits any more. */
  clear(): void {
    for (const [key, hold] of this.#byInode) this.#end(key, hold);
  }

  /** @param item - waits for it. @returns null where it can't be followed until it is free. */
  #hold(file: UsedFile, item: NodeId | ByteString): Hold | null {
    const key = `${String(file.device)}:${String(file.inode)}`;
    const hold = this.#byInode.get(key) ?? (this.#byInode.size < HOLDS_MAX ? this.#begin(file) : null);
    if (hold === null) return null;
    this.#byInode.set(key, hold);
    if (hold.isTold || !this.#copy.passing.begin(item)) this.#tell(hold);
    return hold;
  }

  /** Somebody uses it for longer than a moment. */
  #tell(hold: Hold): void {
    const { passing, host } = this.#copy;
    for (const item of [...hold.nodes, ...hold.paths]) passing.end(item);
    if (hold.isTold) return;
    hold.isTold = true;
    host.note({ kind: 'held', file: hold.file });
  }

  #begin(file: UsedFile): Hold | null {
    const { files, clock } = this.#copy;
    let descriptor: number | null = null;
    try {
      withFolderOf(this.#copy, file.path, (folder, name) => {
        descriptor = files.openAt(folder, name, OPEN.path);
      });
      if (descriptor === null) return null;
      files.stat(descriptor, this.#stat);
      if (this.#stat.inode === file.inode && this.#stat.device === file.device)
        return {
          file,
          descriptor,
          left: this.#leftStat(file),
          nodes: new Set(),
          paths: new Set(),
          isTold: false,
          lookAt: (clock.monotonicMs() + SECOND_LOOK_MS) as MonotonicMs,
        };
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
    }
    if (descriptor !== null) files.close(descriptor);
    return null;
  }

  /** `#stat` is the file's. */
  #leftStat({ path }: UsedFile): Stat | null {
    const { tree } = this.#copy;
    const node = tree.find(path);
    const root = rootOf(tree, path);
    const isOwn = root !== undefined && this.#copy.stashOf(root).own.has(this.#stat.inode);
    const isLeft = isOwn || (node !== undefined && isAsLeft(node, this.#stat));
    return isLeft ? Object.assign(new Stat(), this.#stat) : null;
  }

  /** What was made equal in another way, or is gone from the tree, waits no more. */
  #forgetSettled({ nodes, paths }: Hold): void {
    for (const node of nodes) if (!this.#isMarked(node)) nodes.delete(node);
    for (const path of paths) if (this.#copy.marks.problemOfPath(path) === null) paths.delete(path);
  }

  #isMarked(node: NodeId): boolean {
    return this.#copy.marks.get(node)?.problem?.code === CODE;
  }

  /** Null where it is free. */
  #useOf({ descriptor, file }: Hold): FileUse | null {
    this.#copy.files.stat(descriptor, this.#stat);
    if (this.#stat.linkCount === 0) return null;
    return this.#uses.useOfOpened(descriptor, file.use === 'executed');
  }

  /** A scanner that decides has the file open itself while it does: others are to be searched for once it has. */
  #usedOtherwise(hold: Hold, use: FileUse): void {
    if (use !== 'denied' || hold.file.use === use) return;
    hold.file = { ...hold.file, use };
    if (hold.isTold) this.#copy.host.note({ kind: 'held', file: hold.file });
  }

  #isAsLeft({ descriptor, left }: Hold): boolean {
    if (left === null) return false;
    this.#copy.files.stat(descriptor, this.#stat);
    return isAsLeft(left, this.#stat);
  }

  /** An item that was renamed meanwhile is told by its new path. */
  #follow(hold: Hold): void {
    const { tree, host } = this.#copy;
    const before = hold.file.path;
    if (hold.paths.has(before)) return;
    const paths: ByteString[] = [];
    for (const id of hold.nodes) {
      const node = tree.get(id);
      const path = node === undefined ? null : tree.pathOf(node);
      if (path === before) return;
      if (path !== null) paths.push(path);
    }
    const [path] = paths;
    if (path === undefined) return;
    hold.file = { ...hold.file, path };
    if (!hold.isTold) return;
    host.note({ kind: 'released', path: before });
    host.note({ kind: 'held', file: hold.file });
  }

  #end(key: string, { descriptor, file, isTold }: Hold): void {
    this.#byInode.delete(key);
    this.#copy.files.close(descriptor);
    if (isTold) this.#copy.host.note({ kind: 'released', path: file.path });
  }

  #problemOf({ path }: UsedFile): ProblemData {
    const holder = 'a process that is being searched for';
    return { code: CODE, parameters: { server: this.#server, path: toDisplay(path), holder, hint: '' } };
  }
}
