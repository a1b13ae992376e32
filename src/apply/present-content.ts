import { RANGE_BYTES } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import { hashesOfBlocks } from '../changes/pull-blocks.ts';
import { FileError, type NameAt, Stat } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import type { Replica } from './replica.ts';
import type { StagedFiles } from './staged-files.ts';

/** What is here of a file's content, to be compared. */
export class PresentContent {
  readonly #replica: Replica;
  readonly #staged: StagedFiles;
  readonly #range = new Uint8Array(RANGE_BYTES);
  readonly #stat = new Stat();

  constructor(replica: Replica, staged: StagedFiles) {
    this.#replica = replica;
    this.#staged = staged;
  }

  /** To be closed by the caller; null where there is nothing to read. @param stagedAt - where it is gathered; null: under its name. */
  open(node: Node, stagedAt: NameAt | null): number | null {
    const first = this.#replica.firstName(node);
    try {
      if (stagedAt !== null) return this.#staged.open(stagedAt, OPEN.readOnly);
      if (first === null) return null;
      const folder = this.#replica.folders.open(first.parent);
      return this.#replica.files.openAt(folder, first.name, OPEN.readOnly | OPEN.nonBlocking | OPEN.noAccessTime);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return null;
    }
  }

  /** Hashes of the blocks of a range, as far as there is content. Where it can't be read there are none, and all is sent. */
  blocks(node: Node, { offset, length }: { readonly offset: number; readonly length: number }): bigint[] {
    const { files, hash } = this.#replica;
    const file = this.open(node, null);
    if (file === null) return [];
    try {
      files.stat(file, this.#stat);
      // Another file has the name just now: what it holds is not what the answer will be written into.
      if (this.#stat.inode !== node.inode) return [];
      let count = 0;
      while (count < length) {
        const at = { offset: count, length: length - count, position: offset + count };
        const read = files.read(file, this.#range, at);
        if (read === 0) break;
        count += read;
      }
      return hashesOfBlocks(this.#range.subarray(0, count), hash);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return [];
    } finally {
      files.close(file);
    }
  }
}
