import type { NodeId } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { FileError, type Files, isAbsence, Stat } from '../kernel/files.ts';
import { realPath } from './file-facts.ts';

const COUNT_MAX = 256;

/**
 * Open descriptors of the folders lately in use. Each is opened from its parent's without following
 * links, so that nothing on the way leads outside the protected folder; a descriptor follows its
 * folder through every rename.
 */
export class Folders {
  readonly #files: Files;
  readonly #base: ByteString;
  readonly #astray: (folder: Node) => boolean;
  /** In the order in which they were opened. */
  readonly #open = new Map<NodeId, number>();
  /** Dropped, but perhaps still held by whoever asked before: closed at the next {@link trim}. */
  readonly #dropped: number[] = [];
  readonly #stat = new Stat();

  /** @param options.astray - puts a folder back that is not where the tree says; false where it can't. */
  constructor(options: { files: Files; base: ByteString; astray: (folder: Node) => boolean }) {
    this.#files = options.files;
    this.#base = options.base;
    this.#astray = options.astray;
  }

  /**
   * The folder's descriptor; it stays ours, and stays open until the next {@link trim}.
   * @throws FileError as openat(2); ENOENT also where the folder can't be found.
   */
  open(folder: Node): number {
    const cached = this.#open.get(folder.id);
    if (cached !== undefined) return cached;
    const opened = this.#tryOpen(folder);
    if (opened !== null) return this.#keep(folder, opened);
    if (this.#astray(folder)) {
      const again = this.#open.get(folder.id) ?? this.#tryOpen(folder);
      if (again !== null) return this.#keep(folder, again);
    }
    throw new FileError({ code: 'ENOENT', call: 'openat', path: folder.name });
  }

  /** Another descriptor of the folder, which the caller closes. @throws FileError as {@link open}. */
  openAnew(folder: Node): number {
    this.open(folder);
    const opened = this.#tryOpen(folder);
    if (opened === null) throw new FileError({ code: 'ENOENT', call: 'openat', path: folder.name });
    return opened;
  }

  /** Closes what was opened longest ago; no descriptor handed out before may be used afterwards. */
  trim(): void {
    for (let descriptor = this.#dropped.pop(); descriptor !== undefined; descriptor = this.#dropped.pop()) {
      this.#files.close(descriptor);
    }
    if (this.#open.size <= COUNT_MAX) return;
    for (const [id, descriptor] of this.#open) {
      if (this.#open.size <= COUNT_MAX / 2) return;
      this.#open.delete(id);
      this.#files.close(descriptor);
    }
  }

  /** The folder is gone, or another one took its place. */
  drop(id: NodeId): void {
    const descriptor = this.#open.get(id);
    if (descriptor === undefined) return;
    this.#open.delete(id);
    this.#dropped.push(descriptor);
  }

  closeAll(): void {
    this.trim();
    for (const descriptor of this.#open.values()) this.#files.close(descriptor);
    this.#open.clear();
  }

  #keep(folder: Node, descriptor: number): number {
    this.#open.delete(folder.id);
    this.#open.set(folder.id, descriptor);
    return descriptor;
  }

  /** @returns null where something else, or nothing, is there. */
  #tryOpen(folder: Node): number | null {
    let descriptor: number;
    try {
      if (folder.parent !== null) descriptor = this.#files.openFolderAt(this.open(folder.parent), folder.name);
      else if (folder.name.startsWith('/')) descriptor = this.#files.openFolder(realPath(this.#base, folder.name));
      else return null;
    } catch (error) {
      if (isAbsence(error)) return null;
      throw error;
    }
    let isIt = false;
    try {
      this.#files.stat(descriptor, this.#stat);
      isIt = this.#stat.inode === folder.inode;
    } finally {
      if (!isIt) this.#files.close(descriptor);
    }
    return isIt ? descriptor : null;
  }
}
