import {
  type Change,
  type FolderEntry,
  INLINE_BYTES_MAX,
  type NodeId,
  RANGE_BYTES,
  type VerifyContent,
  type VerifyFolder,
} from '../changes/change.ts';
import type { Node, NodeTree } from '../changes/node-tree.ts';
import { FileError, type Files, Stat } from '../kernel/files.ts';
import type { HashContent } from '../kernel/hash.ts';
import { ContentReader } from './content-reader.ts';

/** A range of a file of the active server that is not here as it was stated. */
export interface ContentNeed {
  readonly node: NodeId;
  readonly offset: number;
  /** Of the range, as it was stated. */
  readonly hash: bigint;
  readonly length: number;
  /** A file here that may hold most of it; null where none is known. */
  readonly here: Node | null;
}

export interface ContentNeedsOptions {
  readonly files: Files;
  /** What was applied before the first of the records. */
  readonly tree: NodeTree;
  readonly hash: HashContent;
  /** As of {@link ContentReader}. */
  readonly buffer: Uint8Array;
  /** A descriptor of a file here, closed by the caller; null where it can't be read. */
  readonly open: (node: Node) => number | null;
  /** Hash of a range that was fetched already; null where the active server had none to give; undefined where it was not asked. */
  readonly fetched: (node: NodeId, offset: number) => bigint | null | undefined;
}

/**
 * Which content will be asked for when records are applied, told before any of them is. Changes nothing. What
 * it asks for may turn out to be no use (the record before brings the same); what it misses is asked for later.
 */
export class ContentNeeds {
  readonly #options: ContentNeedsOptions;
  readonly #reader: ContentReader;
  readonly #stat = new Stat();
  /** Content that the records bring themselves. */
  readonly #said = new Map<NodeId, bigint>();
  /** Large files that are not known here, by the one that has their name. */
  readonly #namesakes = new Map<NodeId, Node>();

  constructor(options: ContentNeedsOptions) {
    this.#options = options;
    this.#reader = new ContentReader(options);
  }

  forget(): void {
    this.#said.clear();
    this.#namesakes.clear();
  }

  /** @returns what this record needs. Records are to be handed over in their order. */
  meet(change: Change): readonly ContentNeed[] {
    switch (change.kind) {
      case 'create':
      case 'content':
        if (change.content.length > 0) this.#said.set(change.node, this.#options.hash(change.content));
        else this.#said.delete(change.node);
        return [];
      case 'write':
        this.#said.delete(change.node);
        return [];
      case 'verifyFolder':
        return this.#ofFolder(change);
      case 'verifyContent':
        return this.#ofContent(change);
      default:
        return [];
    }
  }

  #ofFolder(change: VerifyFolder): readonly ContentNeed[] {
    const { tree } = this.#options;
    const folder = tree.get(change.node);
    const needs: ContentNeed[] = [];
    for (const entry of change.entries) {
      if (entry.type !== 'file' || entry.sizeBytes === 0) continue;
      const named = folder?.type === 'folder' ? tree.child(folder, entry.name) : undefined;
      const here = named?.type === 'file' ? named : undefined;
      if (entry.sizeBytes > INLINE_BYTES_MAX) this.#meetLarge(entry, here);
      else if (this.#isMissing(entry, here)) needs.push(needOf(entry));
    }
    return needs;
  }

  /** Its ranges are stated by records that follow. */
  #meetLarge({ node }: FolderEntry, here: Node | undefined): void {
    if (here !== undefined && this.#options.tree.get(node) === undefined) this.#namesakes.set(node, here);
  }

  #isMissing(entry: FolderEntry, here: Node | undefined): boolean {
    const fetched = this.#options.fetched(entry.node, 0);
    if (fetched !== undefined) return fetched !== entry.hash;
    if (this.#said.get(entry.node) === entry.hash) return false;
    if (here?.id !== entry.node) return true;
    // A check that goes by the status states no hash, and asks for the content in another way.
    if (entry.hash === 0n) return false;
    return this.#hashes(here, [{ offset: 0, length: entry.sizeBytes }], entry.sizeBytes)[0] !== entry.hash;
  }

  #ofContent({ node, sizeBytes, firstRange, hashes }: VerifyContent): readonly ContentNeed[] {
    const { tree, fetched } = this.#options;
    const known = tree.get(node);
    const here = (known?.type === 'file' ? known : this.#namesakes.get(node)) ?? null;
    const stated = hashes.map((hash, index) => {
      const offset = (firstRange + index) * RANGE_BYTES;
      return { node, offset, hash, length: Math.min(RANGE_BYTES, sizeBytes - offset), here };
    });
    const present = here === null ? [] : this.#hashes(here, stated, null);
    return stated.filter(({ offset, hash }, index) => (fetched(node, offset) ?? present[index]) !== hash);
  }

  /** Hashes of ranges; null for what is not there. @param sizeBytes - that the file must have; null: any. */
  #hashes(
    node: Node,
    ranges: readonly { readonly offset: number; readonly length: number }[],
    sizeBytes: number | null,
  ): (bigint | null)[] {
    const { files, open } = this.#options;
    const file = open(node);
    if (file === null) return [];
    try {
      files.stat(file, this.#stat);
      if (sizeBytes !== null && this.#stat.sizeBytes !== sizeBytes) return [];
      return ranges.map(({ offset, length }) => this.#reader.hash(file, offset, length));
    } catch (error) {
      // What can't be read is as good as different.
      if (!(error instanceof FileError)) throw error;
      return [];
    } finally {
      files.close(file);
    }
  }
}

function needOf({ node, hash, sizeBytes }: FolderEntry): ContentNeed {
  return { node, offset: 0, hash, length: sizeBytes, here: null };
}
