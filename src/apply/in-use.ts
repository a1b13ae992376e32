import { typeOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import { must } from '../kernel/assert.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import type { FileUse, FileUses } from '../kernel/file-use.ts';
import { FileError, type Files, Stat } from '../kernel/files.ts';

/** A file that somebody uses on the passive server. */
export interface UsedFile {
  /** Where it was met: a protected path. */
  readonly path: ByteString;
  readonly device: number;
  readonly inode: number;
  readonly use: FileUse;
}

/** Apply does not touch a file, because it is in use. */
export class InUse extends FileError {
  readonly file: UsedFile;
  constructor(file: UsedFile) {
    super({ code: 'EBUSY', call: 'lease', path: file.path });
    this.file = file;
  }
}

/** What the test needs of the replica. */
interface Copy {
  readonly files: Files;
  readonly tree: { pathOfName(name: { parent: Node; name: ByteString }): ByteString | null };
  readonly folders: { open(folder: Node): number };
}

/** Asked before a file that is there is changed, replaced or removed. */
export class InUseTest {
  readonly #copy: Copy;
  readonly #uses: FileUses;
  readonly #stat = new Stat();

  constructor(copy: Copy, uses: FileUses) {
    this.#copy = copy;
    this.#uses = uses;
  }

  /**
   * @param name - of a regular file, or of nothing.
   * @param forWriting - it is to be written in place.
   * @throws InUse
   */
  expectFree(name: { readonly parent: Node; readonly name: ByteString }, forWriting = false): void {
    const folder = this.#copy.folders.open(name.parent);
    const use = this.#uses.useOf(folder, name.name, forWriting);
    if (use !== null) this.#tell(folder, name.name, this.#pathOf(name), use);
  }

  /** Of a folder, every file in it; of anything else than files and folders, nothing. @throws InUse */
  expectAllFree(name: { readonly parent: Node; readonly name: ByteString }): void {
    this.#expectAllFree(this.#copy.folders.open(name.parent), name.name, this.#pathOf(name));
  }

  #expectAllFree(folder: number, name: ByteString, path: ByteString): void {
    const { files } = this.#copy;
    if (!files.statAt(folder, name, this.#stat)) return;
    const type = typeOf(this.#stat);
    if (type === 'file') {
      const use = this.#uses.useOf(folder, name, false);
      if (use !== null) this.#tell(folder, name, path, use);
    }
    if (type !== 'folder') return;
    const inner = files.openFolderAt(folder, name);
    try {
      for (const child of files.list(inner)) this.#expectAllFree(inner, child, joinPath(path, child));
    } finally {
      files.close(inner);
    }
  }

  #tell(folder: number, name: ByteString, path: ByteString, use: FileUse): void {
    // Gone by now: then nobody is in the way.
    if (!this.#copy.files.statAt(folder, name, this.#stat)) return;
    const { device, inode } = this.#stat;
    throw new InUse({ path, device, inode, use });
  }

  #pathOf(name: { readonly parent: Node; readonly name: ByteString }): ByteString {
    return must(this.#copy.tree.pathOfName(name), 'path of a name below a protected folder');
  }
}
