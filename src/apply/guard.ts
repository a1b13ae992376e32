import { permissionsOf, typeOf } from '../changes/node-facts.ts';
import type { Node, NodeTree } from '../changes/node-tree.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import { FileError, type Files, Stat } from '../kernel/files.ts';
import { type FolderKey, NOTICE, type Notice, type NoticeSource } from '../kernel/notices.ts';
import { realPath, isAsLeft } from './file-facts.ts';
import { STASH_NAME } from './stash.ts';

/** What the guard needs of Apply. */
export interface Guarded {
  openFolder(folder: Node): number;
  followFolders(there: (folder: Node) => void, gone: (node: Node) => void): void;
  meddled(at: { node: Node | null; parent: Node; path: ByteString }, what: string, processId: number): void;
  namesMeddled(folder: Node): void;
  distrustAll(): void;
}

export interface GuardOptions {
  readonly files: Files;
  /** Of what others do, where the kernel names the process. */
  readonly notices: NoticeSource;
  readonly tree: NodeTree;
  readonly protectedSet: ProtectedSet;
  readonly base: ByteString;
  readonly apply: Guarded;
  /**
   * Did this process start that program? Between its start and its first own step it has our descriptors, and the last to
   * close a file that was written is the one that is named.
   */
  readonly wasStartedHere: (processId: number) => boolean;
  /** The kernel dropped notices: anything may have been changed. */
  readonly onLost: () => void;
  /** The active server is to state this path, which has no node here. */
  readonly recheckPath: (path: ByteString) => void;
}

/**
 * Watches the passive's copy. Whatever anybody else does to it is told with what happened and, where
 * the kernel says so, by which process; the item is Unchecked from then on, until it is verified.
 */
export class Guard {
  readonly #options: GuardOptions;
  readonly #byKey = new Map<FolderKey, Node>();
  readonly #unwatched = new Set<Node>();
  readonly #stat = new Stat();

  constructor(options: GuardOptions) {
    this.#options = options;
    options.apply.followFolders(
      (folder) => this.#unwatched.add(folder),
      (node) => this.#forget(node),
    );
  }

  /** Call when `notices.descriptor` is readable, and once a turn: new folders are watched from then on. */
  onNotices(): void {
    this.#watchNew();
    const complete = this.#options.notices.read((notice) => this.#meet(notice));
    if (complete) return;
    this.#options.apply.distrustAll();
    this.#options.onLost();
  }

  #watchNew(): void {
    const { apply, notices, tree, base } = this.#options;
    for (const folder of this.#unwatched) {
      const path = tree.get(folder.id) === folder ? tree.pathOf(folder) : null;
      // It is not there yet: to be watched once it is.
      if (path !== null && folder.inode === 0) continue;
      this.#unwatched.delete(folder);
      if (path === null) continue;
      try {
        const key = notices.watchFolder(apply.openFolder(folder), realPath(base, path));
        if (folder.key !== null && folder.key !== key) this.#byKey.delete(folder.key);
        folder.key = key;
        this.#byKey.set(key, folder);
      } catch (error) {
        // Gone or refused: Apply meets it there, too, and says so.
        if (!(error instanceof FileError)) throw error;
      }
    }
  }

  #forget(node: Node): void {
    this.#unwatched.delete(node);
    if (node.key === null || this.#byKey.get(node.key) !== node) return;
    this.#byKey.delete(node.key);
    this.#options.notices.forgetFolder(node.key);
  }

  #meet(notice: Readonly<Notice>): void {
    const folder = this.#byKey.get(notice.folder);
    const { what, processId } = notice;
    if (folder === undefined) return this.#meetTarget(notice);
    if (notice.name === '') return this.#meetFolder(folder, what, processId);
    this.#meetName(folder, notice.name, { what, isFolder: notice.isFolder, processId });
    const to = notice.toFolder === null ? undefined : this.#byKey.get(notice.toFolder);
    if (to !== undefined)
      this.#meetName(to, notice.toName, { what: NOTICE.created, isFolder: notice.isFolder, processId });
  }

  /** A watched folder itself, told without the folder it lies in. */
  #meetTarget(notice: Readonly<Notice>): void {
    const target = notice.target === null ? undefined : this.#byKey.get(notice.target);
    if (target !== undefined) this.#meetFolder(target, notice.what, notice.processId);
  }

  #meetFolder(folder: Node, what: number, processId: number): void {
    const path = this.#options.tree.pathOf(folder);
    if (path === null || (processId === 0 && this.#folderIsAsLeft(folder))) return;
    this.#options.apply.meddled({ node: folder, parent: folder.parent ?? folder, path }, sayWhat(what), processId);
  }

  #meetName(parent: Node, name: ByteString, seen: { what: number; isFolder: boolean; processId: number }): void {
    const { tree, protectedSet, apply } = this.#options;
    if (parent.parent === null && name === STASH_NAME) return;
    const folderPath = tree.pathOf(parent);
    if (folderPath === null) return;
    const path = joinPath(folderPath, name);
    const node = tree.child(parent, name) ?? null;
    // Also by a name that is gone again, or is none of ours. Where no process is named it may have been ourselves: no harm.
    if ((seen.what & (NOTICE.created | NOTICE.deleted | NOTICE.moved)) !== 0) apply.namesMeddled(parent);
    if (!protectedSet.covers(path, node === null ? seen.isFolder : node.type === 'folder')) return;
    if (this.#isOurClose(seen)) return;
    const found = this.#judge(parent, name, node, seen.what);
    if (found === null && (node === null || seen.processId === 0 || seen.what === NOTICE.written)) return;
    apply.meddled({ node, parent, path }, found ?? sayWhat(seen.what), seen.processId);
    if (node === null) this.#options.recheckPath(path);
  }

  /**
   * A close and nothing else, by a program that we started. It tells nothing of the file, which need not be as Apply left
   * it either: a write of ours may have failed. Had the program written it itself, that would be a notice of its own.
   */
  #isOurClose({ what, processId }: { what: number; processId: number }): boolean {
    return what === NOTICE.written && this.#options.wasStartedHere(processId);
  }

  /**
   * What is there against what Apply left there: null where they agree. A named stranger may have changed it all the same,
   * and put its times back; not who opened it for writing and closed it again, for a write is a notice of its own.
   */
  #judge(parent: Node, name: ByteString, node: Node | null, what: number): string | null {
    const { files, apply } = this.#options;
    try {
      if (!files.statAt(apply.openFolder(parent), name, this.#stat)) {
        if (node === null || node.inode === 0) return null;
        return (what & NOTICE.moved) === 0 ? 'deleted' : 'moved away';
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return node === null ? null : sayWhat(what);
    }
    if (node === null) return 'created';
    if (node.inode !== this.#stat.inode || typeOf(this.#stat) !== node.type) return 'replaced';
    if (node.type === 'folder') return this.#sameFolder(node) ? null : 'attributes changed';
    if (isAsLeft(node, this.#stat)) return null;
    const sameContent =
      node.sizeBytes === this.#stat.sizeBytes &&
      node.mtimeSeconds === this.#stat.mtimeSeconds &&
      node.mtimeNanoseconds === this.#stat.mtimeNanoseconds;
    return sameContent ? 'attributes changed' : 'modified';
  }

  #folderIsAsLeft(folder: Node): boolean {
    try {
      this.#options.files.stat(this.#options.apply.openFolder(folder), this.#stat);
      return this.#stat.inode === folder.inode && this.#sameFolder(folder);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return false;
    }
  }

  #sameFolder(folder: Node): boolean {
    const { mode, uid, gid } = this.#stat;
    return permissionsOf(this.#stat) === folder.mode && mode !== 0 && uid === folder.uid && gid === folder.gid;
  }
}

/** In words, by what matters most. */
function sayWhat(what: number): string {
  if ((what & NOTICE.deleted) !== 0) return 'deleted';
  if ((what & NOTICE.moved) !== 0) return 'moved away';
  if ((what & NOTICE.created) !== 0) return 'created';
  if ((what & (NOTICE.modified | NOTICE.written)) !== 0) return 'modified';
  return 'attributes changed';
}
