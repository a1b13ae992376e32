import { attributesDiffering } from './attribute-values.ts';
import type { CheckKind, FolderEntry } from '../changes/change.ts';
import { INLINE_BYTES_MAX } from '../changes/change.ts';
import type { Difference, EqualityProof } from '../changes/difference.ts';
import { lookAtExtended } from '../changes/extended.ts';
import { typeOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { FileError, type FileOrName, type Files, Stat } from '../kernel/files.ts';
import { compareAttributes, compareEntry, type Verdict } from './compare.ts';
import type { ContentReader } from './content-reader.ts';
import type { VerifierSink } from './verifier-sink.ts';

/** Without a hash it was a fast check that stated a small file, even if its beginning was never seen here. */
function proofOf(entry: FolderEntry, mode: CheckKind): EqualityProof {
  return entry.type === 'file' && (mode === 'fast' || entry.hash === 0n) ? 'status' : 'whole';
}

/** Compares single names on the passive server with the entries that state them. */
export class EntryVerifier {
  readonly #files: Files;
  readonly #sink: VerifierSink;
  readonly #reader: ContentReader;
  readonly #stat = new Stat();

  constructor(options: { files: Files; sink: VerifierSink }, reader: ContentReader) {
    this.#files = options.files;
    this.#sink = options.sink;
    this.#reader = reader;
  }

  /**
   * Tells the sink how the name fares.
   * @param descriptor - of `parent`.
   */
  verify(parent: Node, descriptor: number, entry: FolderEntry, mode: CheckKind): void {
    const verdict = this.#verdict(parent, descriptor, entry, mode);
    if (verdict === 'equal' || verdict === 'ranges') {
      this.#sink.equal(parent, entry, this.#stat, verdict === 'ranges' ? 'contentFollows' : proofOf(entry, mode));
    } else {
      this.#sink.differs(this.#difference(parent, entry, verdict, mode));
    }
  }

  #verdict(
    parent: Node,
    descriptor: number,
    entry: FolderEntry,
    mode: CheckKind,
  ): Exclude<Verdict, 'inside'> | 'missing' {
    // One call less a file where a file is known to be there; of the unknown, only the status is asked first.
    const small = entry.type === 'file' && entry.sizeBytes <= INLINE_BYTES_MAX && mode === 'full';
    if (small && parent.children?.get(entry.name)?.type === 'file') {
      const verdict = this.#openFile(descriptor, entry, mode);
      if (verdict !== null) return verdict;
    }
    const there = this.#look(descriptor, entry.name);
    if (there !== 'there') return there;
    const isByStatus = entry.type !== 'folder' && (entry.type !== 'file' || mode === 'fast' || entry.hash === 0n);
    if (isByStatus) this.#lookBeyond(entry, { folder: descriptor, name: entry.name });
    const verdict = compareEntry(entry, this.#stat, mode);
    if (verdict !== 'inside') return verdict;
    if (entry.type === 'symlink') return this.#link(descriptor, entry);
    // What can't be read is as good as different: it will be replaced.
    return this.#openFile(descriptor, entry, mode) ?? 'content';
  }

  #look(descriptor: number, name: ByteString): 'there' | 'missing' | 'content' {
    try {
      return this.#files.statAt(descriptor, name, this.#stat) ? 'there' : 'missing';
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return 'content';
    }
  }

  #lookBeyond({ attributes }: FolderEntry, of: FileOrName): void {
    lookAtExtended(this.#files, of, this.#stat, attributes.extended);
  }

  /** @returns null where it can't be opened or read as a file. */
  #openFile(descriptor: number, entry: FolderEntry, mode: CheckKind): Exclude<Verdict, 'inside'> | null {
    let file: number | null = null;
    try {
      file = this.#reader.open(descriptor, entry.name);
      this.#files.stat(file, this.#stat);
      this.#lookBeyond(entry, file);
      const verdict = compareEntry(entry, this.#stat, mode);
      if (verdict !== 'inside') return verdict;
      const hash = this.#reader.hash(file, 0, entry.sizeBytes);
      return hash === entry.hash ? compareAttributes(entry, this.#stat) : 'content';
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return null;
    } finally {
      if (file !== null) this.#files.close(file);
    }
  }

  #link(descriptor: number, entry: FolderEntry): 'equal' | 'attributes' | 'content' {
    let target: ByteString;
    try {
      target = this.#files.readLinkAt(descriptor, entry.name);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return 'content';
    }
    return target === entry.target ? compareAttributes(entry, this.#stat) : 'content';
  }

  #difference(
    parent: Node,
    entry: FolderEntry,
    verdict: 'missing' | 'type' | 'content' | 'suspect' | 'attributes',
    mode: CheckKind,
  ): Difference {
    switch (verdict) {
      case 'type':
        return { kind: 'type', parent: parent.id, entry, found: typeOf(this.#stat) };
      case 'attributes':
        return {
          kind: 'attributes',
          node: entry.node,
          parent: parent.id,
          entry,
          attributes: entry.attributes,
          ...attributesDiffering(entry.attributes, this.#stat, entry.type),
          proof: proofOf(entry, mode),
        };
      default:
        return { kind: verdict, parent: parent.id, entry };
    }
  }
}
