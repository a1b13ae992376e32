import type { ByteString } from '../kernel/byte-string.ts';
import { FileError, type Files, Stat } from '../kernel/files.ts';
import { extendedOf, readExtended } from '../changes/extended.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import type { NodeReader } from './node-reader.ts';
import type { OpenFolders } from './open-folders.ts';

/** What single nodes are on the disk. A node that is not where the tree has it any more has nothing there. */
export class NodeDisk {
  readonly #files: Files;
  readonly #folders: OpenFolders;
  readonly #reader: NodeReader;
  readonly #stat = new Stat();

  constructor(files: Files, folders: OpenFolders, reader: NodeReader) {
    this.#files = files;
    this.#folders = folders;
    this.#reader = reader;
  }

  /** What it carries beyond its status; null where it is not there, or that can't be read. */
  extendedOf({ parent, name, inode }: { readonly parent: Node; readonly name: ByteString; readonly inode: number }) {
    try {
      const folder = this.#folders.open(parent);
      if (folder === null || !this.#files.statAt(folder, name, this.#stat) || this.#stat.inode !== inode) return null;
      readExtended(this.#files, { folder, name }, this.#stat);
      return extendedOf(this.#stat);
    } catch (error) {
      if (error instanceof FileError) return null;
      throw error;
    }
  }

  /** The first of these names that the node has, or that the disk does not let be looked at: who looks there tells so. */
  whereIs(node: Node, names: readonly Name[]): Name | null {
    for (const at of names) {
      try {
        const folder = this.#folders.open(at.parent);
        if (folder !== null && this.#files.statAt(folder, at.name, this.#stat) && this.#stat.inode === node.inode)
          return at;
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        if (!error.isAbsence) return at;
      }
    }
    return null;
  }

  /** Fills `into` from a place in the file. @returns how much there was; null where it can't be read. */
  readRange(node: Node, offset: number, into: Uint8Array): number | null {
    try {
      const folder = node.parent === null ? null : this.#folders.open(node.parent);
      const file = folder === null ? 'gone' : this.#reader.open(folder, node.name, node.inode, this.#stat);
      if (typeof file !== 'number') return null;
      try {
        return this.#fill(file, offset, into);
      } finally {
        this.#files.close(file);
      }
    } catch (error) {
      if (error instanceof FileError) return null;
      throw error;
    }
  }

  #fill(file: number, offset: number, into: Uint8Array): number {
    let done = 0;
    while (done < into.length) {
      const at = { offset: done, length: into.length - done, position: offset + done };
      const count = this.#files.read(file, into, at);
      if (count === 0) break;
      done += count;
    }
    return done;
  }
}
