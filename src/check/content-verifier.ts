import { attributesDiffering } from './attribute-values.ts';
import { type FolderEntry, type NodeId, RANGE_BYTES, type VerifyContent } from '../changes/change.ts';
import { lookAtExtended } from '../changes/extended.ts';
import type { Node } from '../changes/node-tree.ts';
import { type ByteString, fromLatin1 } from '../kernel/byte-string.ts';
import { FileError, type Files, Stat } from '../kernel/files.ts';
import { sameAttributes } from './compare.ts';
import type { ContentReader } from './content-reader.ts';
import type { VerifierSink } from './verifier-sink.ts';

/** How the records of one file fared, until its last one. */
interface Following {
  /** Which range comes next where they began with the first one and left none out; else null. */
  nextRange: number | null;
  differs: boolean;
  /** How often the file had come into doubt when the first of them was compared. */
  readonly doubts: number;
}

/** What the passive server holds of a large file. */
export interface ContentHere {
  /** A descriptor, staged or in its place, that the caller closes; null where there is none. */
  open(node: Node): number | null;
  /** Is the range from there on its way already? It is not read, and differs. Null: is any of it? */
  isAwaited(node: NodeId, offset: number | null): boolean;
}

/** Files followed at a time; beyond that the oldest is forgotten, and not called equal. */
const FOLLOWED_MAX = 1024;

type Range = { readonly offset: number; readonly length: number };

/** Compares large files on the passive server with the records that name their ranges by hashes. */
export class ContentVerifier {
  readonly #files: Files;
  readonly #sink: VerifierSink;
  readonly #reader: ContentReader;
  readonly #content: ContentHere;
  readonly #stat = new Stat();
  /** Files whose records are arriving: those of a check, and between them those that capture sends (check 0). */
  readonly #following = new Map<string, Following>();

  constructor(options: { files: Files; sink: VerifierSink; content: ContentHere }, reader: ContentReader) {
    this.#files = options.files;
    this.#sink = options.sink;
    this.#content = options.content;
    this.#reader = reader;
  }

  /** Forgets the files of a check that is over. */
  forgetCheck(): void {
    for (const key of this.#following.keys()) if (!key.startsWith('0:')) this.#following.delete(key);
  }

  /**
   * Tells at most one difference: the ranges that differ; or, with the last record, the size alone, or
   * the attributes where no range differed; or that the whole file is equal.
   * @returns bytes stated by the record.
   */
  verify(node: Node, change: VerifyContent): number {
    const stated = statedRanges(change);
    const file = this.#content.open(node);
    let differing = stated;
    try {
      if (file !== null) differing = this.#differing(file, change, stated);
      if (file !== null && change.last) lookAtExtended(this.#files, file, this.#stat, change.attributes.extended);
    } finally {
      if (file !== null) this.#files.close(file);
    }
    const sameSize = file !== null && this.#stat.sizeBytes === change.sizeBytes;
    const differs = differing.length > 0 || (change.last && !sameSize);
    const following = this.#follow(node, change, differs);
    if (differs) {
      const { attributes, sizeBytes } = change;
      const isWhole = change.last && following.nextRange !== null && this.#sink.doubts(node) === following.doubts;
      this.#sink.differs({ kind: 'ranges', node: change.node, attributes, sizeBytes, ranges: differing, isWhole });
    } else if (change.last && !following.differs) {
      this.#judgeWhole(node, change, following.nextRange !== null && !this.#isOvertaken(node, following));
    }
    return stated.reduce((sum, range) => sum + range.length, 0);
  }

  #differing(file: number, change: VerifyContent, stated: readonly Range[]): Range[] {
    this.#files.stat(file, this.#stat);
    return stated.filter(
      ({ offset, length }, index) =>
        this.#content.isAwaited(change.node, offset) ||
        !this.#same(file, { offset, length }, change.hashes[index] as bigint),
    );
  }

  #same(file: number, range: Range, hash: bigint): boolean {
    try {
      return this.#reader.hash(file, range.offset, range.length) === hash;
    } catch (error) {
      // What can't be read is as good as different: it will be written again.
      if (!(error instanceof FileError)) throw error;
      return false;
    }
  }

  /** Notes the record's outcome. */
  #follow(node: Node, change: VerifyContent, differs: boolean): Following {
    const key = `${change.check}:${change.node}`;
    const known = change.firstRange === 0 ? undefined : this.#following.get(key);
    const nextRange = change.firstRange === 0 ? 0 : null;
    const following = known ?? { nextRange, differs: false, doubts: this.#sink.doubts(node) };
    following.differs ||= differs;
    const next = following.nextRange === change.firstRange ? change.firstRange + change.hashes.length : null;
    following.nextRange = next;
    this.#following.delete(key);
    if (change.last) return following;
    this.#following.set(key, following);
    if (this.#following.size > FOLLOWED_MAX) {
      for (const oldest of this.#following.keys()) {
        this.#following.delete(oldest);
        break;
      }
    }
    return following;
  }

  /** May what the records before the last one stated be another by now: changed since, and not all of that is here? */
  #isOvertaken(node: Node, { doubts }: Following): boolean {
    return this.#content.isAwaited(node.id, null) || this.#sink.doubts(node) !== doubts;
  }

  /** @param whole - all ranges were stated, and none differs; else nothing is known of those left out. */
  #judgeWhole(node: Node, change: VerifyContent, whole: boolean): void {
    const entry = entryOf(node, change);
    if (node.parent === null) return;
    if (sameAttributes(change.attributes, this.#stat, 'file')) {
      if (whole) this.#sink.equal(node.parent, entry, this.#stat, 'whole');
      return;
    }
    this.#sink.differs({
      kind: 'attributes',
      node: node.id,
      parent: node.parent.id,
      entry,
      attributes: change.attributes,
      ...attributesDiffering(change.attributes, this.#stat, 'file'),
      proof: whole ? 'whole' : 'status',
    });
  }
}

function statedRanges(change: VerifyContent): Range[] {
  const ranges: Range[] = [];
  for (let index = 0; index < change.hashes.length; index += 1) {
    const offset = (change.firstRange + index) * RANGE_BYTES;
    const length = Math.min(RANGE_BYTES, change.sizeBytes - offset);
    if (length > 0) ranges.push({ offset, length });
  }
  return ranges;
}

function entryOf(node: Node, change: VerifyContent): FolderEntry {
  return {
    name: node.name as ByteString,
    node: node.id,
    type: 'file',
    attributes: change.attributes,
    sizeBytes: change.sizeBytes,
    hash: 0n,
    target: fromLatin1(''),
    linked: node.otherNames !== null,
  };
}
