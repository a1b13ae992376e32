import type { Node } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { FileError, type Files, Stat } from '../kernel/files.ts';

/**
 * Open descriptors of the folders lately in use, each opened from its parent's, so that a deep tree
 * costs one openat(2) a folder and a link put in place of a folder on the way leads nowhere.
 */
export class FolderDescriptors {
  readonly #files: Files;
  readonly #base: ByteString;
  readonly #countMax: number;
  readonly #isStrict: boolean;
  readonly #stat = new Stat();
  /** In order of use, the latest last. */
  readonly #open = new Map<Node, number>();

  /**
   * @param options.strict - only the folder that the tree means is opened: where the tree is behind what is
   *   on disk, another one may have its name by now.
   */
  constructor(options: { files: Files; base: ByteString; countMax?: number; strict?: boolean }) {
    this.#files = options.files;
    this.#base = options.base;
    this.#countMax = options.countMax ?? 64;
    this.#isStrict = options.strict ?? false;
  }

  /**
   * The folder's descriptor; it stays ours, and stays open until 64 other folders were used.
   * @throws FileError as openat(2); ENOENT also where the node has no path any more, or is not what has its name.
   */
  open(folder: Node): number {
    const cached = this.#use(folder);
    if (cached !== undefined) return cached;
    const missing: Node[] = [folder];
    let descriptor: number | undefined;
    for (let at = folder.parent; at !== null; at = at.parent) {
      descriptor = this.#use(at);
      if (descriptor !== undefined) break;
      missing.push(at);
    }
    for (let at = missing.pop(); at !== undefined; at = missing.pop()) {
      descriptor = descriptor === undefined ? this.#openTop(at) : this.#files.openFolderAt(descriptor, at.name);
      this.#require(at, descriptor);
      this.#keep(at, descriptor);
    }
    return descriptor as number;
  }

  /** As {@link open}, but never what was opened before: whoever meddles may have put another folder there. */
  openAgain(folder: Node): number {
    this.#drop(folder);
    return this.open(folder);
  }

  closeAll(): void {
    for (const descriptor of this.#open.values()) this.#files.close(descriptor);
    this.#open.clear();
  }

  #require(folder: Node, descriptor: number): void {
    if (!this.#isStrict) return;
    let isIt = false;
    try {
      this.#files.stat(descriptor, this.#stat);
      isIt = this.#stat.inode === folder.inode;
    } finally {
      if (!isIt) this.#files.close(descriptor);
    }
    if (!isIt) throw new FileError({ code: 'ENOENT', call: 'openat', path: folder.name });
  }

  #openTop(folder: Node): number {
    // Only a protected folder's name is a path; a node that lost its names has neither parent nor path.
    if (!folder.name.startsWith('/')) throw new FileError({ code: 'ENOENT', call: 'openat', path: folder.name });
    return this.#files.openFolder(realPath(this.#base, folder.name));
  }

  #use(folder: Node): number | undefined {
    const descriptor = this.#open.get(folder);
    if (descriptor === undefined) return undefined;
    this.#open.delete(folder);
    this.#open.set(folder, descriptor);
    return descriptor;
  }

  #keep(folder: Node, descriptor: number): void {
    this.#open.set(folder, descriptor);
    if (this.#open.size <= this.#countMax) return;
    for (const oldest of this.#open.keys()) {
      this.#drop(oldest);
      return;
    }
  }

  #drop(folder: Node): void {
    const descriptor = this.#open.get(folder);
    if (descriptor === undefined) return;
    this.#open.delete(folder);
    this.#files.close(descriptor);
  }
}

function realPath(base: ByteString, path: ByteString): ByteString {
  return (base.endsWith('/') ? base.slice(0, -1) + path : base + path) as ByteString;
}
