import type { ByteString } from '../kernel/byte-string.ts';
import { toDisplay } from '../kernel/byte-string.ts';
import { FileError, type Files, Stat } from '../kernel/files.ts';
import { nodeIdOf } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import type { FileSystems } from './file-systems.ts';
import type { OpenFolders } from './open-folders.ts';
import type { Shadow } from './shadow.ts';
import type { Troubles } from './troubles.ts';

/** How often each protected folder is looked for where the settings say it is. */
const LOOK_MS = 1000;

/**
 * Finds the protected folders and notices when one is gone, comes back, or is another one than
 * before. What a folder held that is missing stays in the tree and nothing is told: an unmounted file
 * system must not empty the passive's copy.
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
  readonly #stat = new Stat();
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
    return true;
  }

  /** @returns true where the folder is (again, or another one) there. */
  #lookFor(path: ByteString): boolean {
    let opened: number;
    try {
      opened = this.#files.openFolder(this.#folders.realPath(path));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#miss(path, error.code);
      return false;
    }
    this.#files.stat(opened, this.#stat);
    const before = this.#shadow.tree.root(path);
    if (before !== undefined && before.inode === this.#stat.inode && this.#isSameFileSystem(before)) {
      this.#files.close(opened);
      return this.#found(path, before);
    }
    const node = this.#adopt(path, before);
    if (node === null) {
      this.#files.close(opened);
      return false;
    }
    this.#folders.put(node, opened);
    this.#missing.delete(path);
    this.#troubles.clear('CAP-001', path);
    this.#enter(node);
    return true;
  }

  #found(path: ByteString, node: Node): boolean {
    if (!this.#missing.delete(path)) return false;
    this.#troubles.clear('CAP-001', path);
    this.#enter(node);
    return true;
  }

  #adopt(path: ByteString, before: Node | undefined): Node | null {
    if (before !== undefined && !this.#isSameFileSystem(before)) {
      this.#miss(path, 'another file system than before is there');
      return null;
    }
    const index = this.#fileSystems.add(this.#stat.device);
    const id = index === null ? null : nodeIdOf(index, this.#stat.inode);
    if (id === null) {
      this.#miss(path, 'too many file systems, or too large inode numbers');
      return null;
    }
    const same = this.#shadow.tree.get(id);
    if (same !== undefined && same.parent === null) {
      this.#miss(path, `it is the same folder as ${toDisplay(same.name)}`);
      return null;
    }
    this.#troubles.settle(path);
    return this.#shadow.addRoot(path, id, this.#stat);
  }

  #isSameFileSystem(root: Node): boolean {
    const index = this.#fileSystems.indexOf(this.#stat.device);
    return index >= 0 && nodeIdOf(index, root.inode) === root.id;
  }

  #miss(path: ByteString, reason: string): void {
    this.#missing.add(path);
    this.#troubles.raiseForPath('CAP-001', path, reason);
  }
}
