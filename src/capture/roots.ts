import { type ByteString, isWithin, toDisplay } from '../kernel/byte-string.ts';
import { FileError, type FileSystemFacts, type Files, Stat } from '../kernel/files.ts';
import { nodeIdOf } from '../changes/change.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import { countDeparting } from './departures.ts';
import type { FileSystems } from './file-systems.ts';
import { PSEUDO_FILE_SYSTEMS } from './pseudo-file-systems.ts';
import { type FolderMarks, marksOf } from './folder-marks.ts';
import type { OpenFolders } from './open-folders.ts';
import type { Shadow } from './shadow.ts';
import type { Troubles } from './troubles.ts';

/** How often each protected folder is looked for where the settings say it is. */
const LOOK_MS = 1000;
/** How old the count of a folder's items may be that says whether many of them go. */
const COUNT_MS_MAX = 10_000;
/** Fewer items that go at once are not worth a word beforehand. */
const DEPARTURES_TOLD_FROM = 10;

/**
 * Finds the protected folders and notices when one is gone, comes back, or is another one than
 * before. What a folder held that is missing stays in the tree and is not told as deleted: whether it
 * is given up there is for the passive server, and whoever runs it, to decide.
 */
export class Roots {
  readonly #files: Files;
  readonly #set: ProtectedSet;
  readonly #shadow: Shadow;
  readonly #folders: OpenFolders;
  readonly #fileSystems: FileSystems;
  readonly #troubles: Troubles;
  /** A protected folder is to be watched and listed, without telling what is in it. */
  readonly #enter: (folder: Node) => void;
  readonly #missing = new Set<ByteString>();
  /** Of the missing those whose path leads to nothing. */
  readonly #absent = new Set<ByteString>();
  readonly #marks = new Map<ByteString, FolderMarks>();
  readonly #counts = new Map<ByteString, { readonly count: number; readonly atMs: number }>();
  readonly #stat = new Stat();
  /** Folders told to be protected alone. */
  #lone: readonly ByteString[] = [];
  #nextMs = 0;
  #begun = false;

  constructor(options: {
    files: Files;
    set: ProtectedSet;
    shadow: Shadow;
    folders: OpenFolders;
    fileSystems: FileSystems;
    troubles: Troubles;
    enter: (folder: Node) => void;
  }) {
    this.#files = options.files;
    this.#set = options.set;
    this.#shadow = options.shadow;
    this.#folders = options.folders;
    this.#fileSystems = options.fileSystems;
    this.#troubles = options.troubles;
    this.#enter = options.enter;
  }

  get nextMs(): number {
    return this.#nextMs;
  }

  /** Looks for all of them, if it is time. */
  look(nowMs: number): boolean {
    if (nowMs < this.#nextMs) return false;
    this.#nextMs = nowMs + LOOK_MS;
    let appeared = false;
    for (const { path } of this.#set.folders) if (this.#lookFor(path)) appeared = true;
    if (appeared && this.#begun) this.#troubles.tellLost('folder');
    this.#begun = true;
    this.#tellLone();
    return true;
  }

  /** Who names a folder alone has most likely meant what is in it. */
  #tellLone(): void {
    const names = this.#set.loneNames.filter((path) => this.#shadow.tree.find(path)?.type === 'folder');
    for (const path of this.#lone) if (!names.includes(path)) this.#troubles.clear('CAP-064', path);
    for (const path of names) this.#troubles.raise('CAP-064', path, { path: toDisplay(path) });
    this.#lone = names;
  }

  /**
   * The settings name other protected folders than before.
   * @returns those that are new and there; a walk through them has begun.
   */
  settingsChanged(): Node[] {
    this.#counts.clear();
    const paths = new Set(this.#set.folders.map(({ path }) => path));
    for (const path of [...this.#marks.keys(), ...this.#missing]) {
      if (paths.has(path)) continue;
      this.#marks.delete(path);
      this.#missing.delete(path);
      this.#absent.delete(path);
    }
    const found: Node[] = [];
    if (!this.#begun) return found;
    for (const path of paths) {
      if (this.#marks.has(path) || this.#missing.has(path) || !this.#lookFor(path)) continue;
      const root = this.#shadow.tree.root(path);
      if (root !== undefined) found.push(root);
    }
    return found;
  }

  /**
   * Tells how each of them stands; of one that can't be read nothing.
   * @param isWhole - the tree has everything that could be listed.
   * @param departing - names of the tree that have gone and are not told yet.
   */
  tell({ isWhole, departing }: { readonly isWhole: boolean; readonly departing: readonly Name[] }): void {
    const { tree } = this.#shadow;
    const going = countDeparting(tree, departing);
    for (const { path } of this.#set.folders) {
      if (this.#absent.has(path)) this.#tellAbsent(path);
      const root = this.#missing.has(path) ? undefined : tree.root(path);
      if (root === undefined) continue;
      this.#tellPresent(path, isWhole && this.#isRead(path) ? tree.countBelow(root) - (going.get(root) ?? 0) : null);
    }
  }

  /** Many names go at once: how their folders will stand then is told before the first of them. */
  tellDeparting(names: readonly Name[]): void {
    const { tree } = this.#shadow;
    for (const [root, count] of countDeparting(tree, names)) {
      if (count < DEPARTURES_TOLD_FROM || count * 4 < this.#about(root) || this.#missing.has(root.name)) continue;
      this.#tellPresent(root.name, tree.countBelow(root) - count);
    }
  }

  /** How much it held a few seconds ago: counting takes long where there is a lot. */
  #about(root: Node): number {
    const known = this.#counts.get(root.name);
    if (known !== undefined && this.#nextMs - known.atMs < COUNT_MS_MAX) return known.count;
    const count = this.#shadow.tree.countBelow(root);
    this.#counts.set(root.name, { count, atMs: this.#nextMs });
    return count;
  }

  /** Could everything in it be read? */
  #isRead(folder: ByteString): boolean {
    for (const path of this.#troubles.unreadable.keys()) if (isWithin(path, folder)) return false;
    return true;
  }

  /** @returns true where the folder is (again, or another one) there. */
  #lookFor(path: ByteString): boolean {
    const found = this.#open(path);
    if (found === null) return false;
    const { opened, fileSystem } = found;
    if (this.#isRefused(path, fileSystem)) {
      this.#files.close(opened);
      return false;
    }
    if (fileSystem.isReadOnly) this.#troubles.raise('CAP-020', path, { path: toDisplay(path) });
    else this.#troubles.clear('CAP-020', path);
    const marks = marksOf(this.#stat, fileSystem);
    const before = this.#shadow.tree.root(path);
    if (before !== undefined && this.#isSame(before, marks)) {
      this.#files.close(opened);
      return this.#found(path, before);
    }
    const node = this.#adopt(path, marks);
    if (node === null) {
      this.#files.close(opened);
      return false;
    }
    this.#folders.put(node, opened);
    this.#missing.delete(path);
    this.#absent.delete(path);
    this.#troubles.clear('CAP-001', path);
    this.#enter(node);
    return true;
  }

  /** Opens the folder and looks at it, into `#stat`. @returns null where that can't be; then it counts as missing. */
  #open(path: ByteString): { readonly opened: number; readonly fileSystem: FileSystemFacts } | null {
    let opened = -1;
    try {
      opened = this.#files.openFolder(this.#folders.realPath(path));
      this.#files.stat(opened, this.#stat);
      return { opened, fileSystem: this.#files.fileSystem(opened) };
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (opened >= 0) this.#files.close(opened);
      this.#miss(path, error.code);
      const wasAbsent = this.#absent.delete(path);
      if (error.isAbsence) this.#absent.add(path);
      if (error.isAbsence && !wasAbsent) this.#tellAbsent(path);
      return null;
    }
  }

  /** What the kernel shows as files is nothing to copy. It does not count as missing either: it can't be protected. */
  #isRefused(path: ByteString, { type }: FileSystemFacts): boolean {
    const kind = PSEUDO_FILE_SYSTEMS.get(type);
    if (kind === undefined) {
      this.#troubles.clear('CAP-012', path);
      return false;
    }
    this.#troubles.raise('CAP-012', path, { path: toDisplay(path), kind });
    return true;
  }

  #found(path: ByteString, node: Node): boolean {
    if (!this.#missing.delete(path)) return false;
    this.#absent.delete(path);
    this.#tellPresent(path, null);
    this.#troubles.clear('CAP-001', path);
    this.#enter(node);
    return true;
  }

  #adopt(path: ByteString, marks: FolderMarks): Node | null {
    const index = this.#fileSystems.add(this.#stat.device, marks.fileSystem);
    const id = index === null ? null : nodeIdOf(index, this.#stat.inode);
    if (id === null) {
      this.#miss(path, 'too many file systems, or too large inode numbers');
      return null;
    }
    const same = this.#shadow.tree.get(id);
    if (same !== undefined && same.parent === null && same.name !== path) {
      this.#miss(path, `it is the same folder as ${toDisplay(same.name)}`);
      return null;
    }
    this.#troubles.settle(path);
    this.#marks.set(path, marks);
    this.#tellPresent(path, null);
    return this.#shadow.addRoot(path, id, this.#stat);
  }

  #isSame(root: Node, marks: FolderMarks): boolean {
    const index = this.#fileSystems.indexOf(this.#stat.device);
    const isSameInode = index >= 0 && nodeIdOf(index, this.#stat.inode) === root.id;
    const before = this.#marks.get(root.name);
    return isSameInode && before?.fileSystem === marks.fileSystem && before.mount === marks.mount;
  }

  #tellPresent(folder: ByteString, items: number | null): void {
    const { fileSystem, identity } = this.#marks.get(folder) ?? { fileSystem: '', identity: '' };
    this.#shadow.tellFolder({
      kind: 'folderState',
      folder,
      present: true,
      fileSystem,
      identity,
      items,
      isGathered: null,
    });
  }

  #tellAbsent(folder: ByteString): void {
    const nothing = { fileSystem: '', identity: '', items: null, isGathered: null };
    this.#shadow.tellFolder({ kind: 'folderState', folder, present: false, ...nothing });
  }

  #miss(path: ByteString, reason: string): void {
    this.#missing.add(path);
    this.#troubles.raiseForPath('CAP-001', path, reason);
  }
}
