import { attributesDiffering } from './attribute-values.ts';
import {
  type CheckBegin,
  type CheckEnd,
  type CheckKind,
  type FolderEntry,
  INLINE_BYTES_MAX,
  type NodeType,
  type VerifyContent,
  type VerifyFolder,
} from '../changes/change.ts';
import { isShell } from '../changes/left-out.ts';
import { lookAtExtended } from '../changes/extended.ts';
import { NameList } from '../changes/name-list.ts';
import { typeOf } from '../changes/node-facts.ts';
import type { Node, NodeTree } from '../changes/node-tree.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import { FileError, type Files, Stat } from '../kernel/files.ts';
import type { HashContent } from '../kernel/hash.ts';
import { sameAttributes } from './compare.ts';
import { ContentReader } from './content-reader.ts';
import { type ContentHere, ContentVerifier } from './content-verifier.ts';
import { EntryVerifier } from './entry-verifier.ts';
import { FolderDescriptors } from './folder-descriptors.ts';
import type { VerifierSink } from './verifier-sink.ts';
import { predecessor } from './name-order.ts';

export interface VerifierOptions {
  readonly files: Files;
  /** What was applied. */
  readonly tree: NodeTree;
  readonly protectedSet: ProtectedSet;
  readonly base: ByteString;
  readonly hash: HashContent;
  /** Scratch space of at least INLINE_BYTES_MAX, starting at a page of memory for speed. */
  readonly buffer: Uint8Array;
  readonly sink: VerifierSink;
  /** Told of each file before it is read. */
  readonly opened?: (file: number) => void;
  /** What is here of large files. */
  readonly content: ContentHere;
}

/**
 * The passive server's half of a check: compares what verify records state with what lies on disk and
 * tells every difference. Changes nothing itself. Records must be handed over in the order of the
 * stream, after everything before them was applied. Synchronous, a record at a time.
 */
export class Verifier {
  readonly #files: Files;
  readonly #tree: NodeTree;
  readonly #protectedSet: ProtectedSet;
  readonly #sink: VerifierSink;
  readonly #descriptors: FolderDescriptors;
  readonly #entries: EntryVerifier;
  readonly #content: ContentVerifier;
  readonly #stat = new Stat();
  #mode: CheckKind = 'full';
  /** Sorted names of the folder whose parts are arriving. */
  #listed: { readonly folder: Node; readonly names: NameList } | null = null;
  /** All names of this folder were compared, from the first one up to `reached`. */
  #compared: { readonly folder: Node; readonly reached: ByteString; readonly doubts: number } | null = null;

  constructor(options: VerifierOptions) {
    const reader = new ContentReader(options);
    this.#files = options.files;
    this.#tree = options.tree;
    this.#protectedSet = options.protectedSet;
    this.#sink = options.sink;
    this.#descriptors = new FolderDescriptors(options);
    this.#entries = new EntryVerifier(options, reader);
    this.#content = new ContentVerifier(options, reader);
  }

  begin(change: CheckBegin): void {
    this.#reset();
    this.#mode = change.mode;
  }

  /**
   * A folder unknown here is passed over (its parent's record has told that it is missing); of one that
   * is known and can't be opened or listed, everything stated is told as missing, and that it can't.
   */
  folder(change: VerifyFolder): void {
    const folder = this.#tree.get(change.node);
    if (folder?.type === 'folder') {
      this.#sink.stated(folder, change.entries);
      const opened = this.#open(folder, change);
      if (opened === null) this.#allMissing(change);
      else this.#compare(folder, opened, change);
    }
    const top = change.last && folder?.parent === null ? 1 : 0;
    this.#sink.progress(change.entries.length + top, this.#mode === 'full' ? statedBytes(change) : 0);
  }

  /** Also for records that capture sends outside of any check (check 0), which may leave ranges out. */
  content(change: VerifyContent): void {
    const node = this.#tree.get(change.node);
    const bytes = node?.type === 'file' ? this.#content.verify(node, change) : 0;
    this.#sink.progress(0, bytes);
  }

  end(_change: CheckEnd): void {
    this.#reset();
  }

  /** Closes what is open; also to be called when the stream breaks off. */
  close(): void {
    this.#reset();
  }

  #compare(folder: Node, opened: OpenedFolder, change: VerifyFolder): void {
    const { descriptor, names } = opened;
    const doubts = change.after === '' ? this.#sink.doubts(folder) : (this.#compared?.doubts ?? -1);
    for (const entry of change.entries) {
      // Where nothing was listed and nothing came since, there is nothing to look at.
      if (names?.length === 0 && folder.children?.has(entry.name) !== true) this.#missing(change, entry);
      else this.#entries.verify(folder, descriptor, entry, this.#mode);
    }
    if (names !== null) this.#findOrphans(folder, descriptor, change, names);
    const isWhole = this.#isWholeSoFar(folder, change);
    this.#compared =
      isWhole && !change.last ? { folder, reached: change.entries.at(-1)?.name ?? change.after, doubts } : null;
    if (!change.last) return;
    this.#listed = null;
    this.#compareFolder(folder, descriptor, change, isWhole && doubts === this.#sink.doubts(folder));
  }

  #isWholeSoFar(folder: Node, change: VerifyFolder): boolean {
    if (change.after === '') return true;
    return this.#compared?.folder === folder && this.#compared.reached === change.after;
  }

  #open(folder: Node, change: VerifyFolder): OpenedFolder | null {
    try {
      const again = change.after === '';
      const descriptor = again ? this.#descriptors.openAgain(folder) : this.#descriptors.open(folder);
      return { descriptor, names: isSingleName(change) ? null : this.#names(folder, descriptor, change) };
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (!error.isAbsence) this.#sink.refused(folder, error);
      return null;
    }
  }

  #allMissing(change: VerifyFolder): void {
    for (const entry of change.entries) this.#missing(change, entry);
  }

  #missing(change: VerifyFolder, entry: FolderEntry): void {
    this.#sink.differs({ kind: 'missing', parent: change.node, entry });
  }

  #names(folder: Node, descriptor: number, change: VerifyFolder): NameList {
    if (this.#listed?.folder === folder && change.after !== '') return this.#listed.names;
    const names = new NameList();
    this.#files.listInto(descriptor, names);
    addKnownNames(names, folder);
    this.#listed = { folder, names: names.sort() };
    return names;
  }

  /** Both lists are sorted: names in the stated range that no entry has. */
  #findOrphans(folder: Node, descriptor: number, change: VerifyFolder, names: NameList): void {
    const { entries } = change;
    const end = change.last ? names.length : names.firstAfter(entries.at(-1)?.name ?? change.after);
    let next = 0;
    for (let index = names.firstAfter(change.after); index < end; index += 1) {
      const name = names.at(index);
      while (next < entries.length && (entries[next] as FolderEntry).name < name) next += 1;
      if (entries[next]?.name !== name) this.#orphan(folder, descriptor, name);
    }
  }

  #orphan(folder: Node, descriptor: number, name: ByteString): void {
    const path = this.#tree.pathOf(folder);
    // The list may be older than what was applied since: the name may be gone. One that only the tree
    // knows (its content never came) is an orphan of the tree.
    const type =
      path === null ? null : (this.#typeAt(descriptor, name) ?? this.#tree.child(folder, name)?.type ?? null);
    if (path === null || type === null) return;
    const at = joinPath(path, name);
    if (!this.#protectedSet.covers(at, type === 'folder')) return;
    if (type === 'folder' && this.#isShell(descriptor, name, at)) return;
    this.#sink.differs({ kind: 'orphan', parent: folder.id, name, type });
  }

  /** A folder that is here only for what the settings leave out is no item. */
  #isShell(folder: number, name: ByteString, path: ByteString): boolean {
    try {
      return isShell(this.#files, this.#protectedSet, { folder, name }, path);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return false;
    }
  }

  /** @returns null where nothing has the name; `other` also for what can't even be looked at. */
  #typeAt(descriptor: number, name: ByteString): NodeType | 'other' | null {
    try {
      return this.#files.statAt(descriptor, name, this.#stat) ? typeOf(this.#stat) : null;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return 'other';
    }
  }

  /** After everything in it, because repairs there move its time. */
  #compareFolder(folder: Node, descriptor: number, change: VerifyFolder, isWhole: boolean): void {
    if (!change.attributesCount) return;
    if (this.#hasAttributes(descriptor, change)) return this.#sink.equalFolder(folder, change.attributes, isWhole);
    this.#sink.differs({
      kind: 'attributes',
      node: folder.id,
      parent: folder.parent?.id ?? null,
      entry: null,
      attributes: change.attributes,
      ...attributesDiffering(change.attributes, this.#stat, 'folder'),
      proof: 'whole',
    });
    // Repaired by now, perhaps.
    if (this.#hasAttributes(descriptor, change)) this.#sink.equalFolder(folder, change.attributes, isWhole);
  }

  #hasAttributes(descriptor: number, { attributes }: VerifyFolder): boolean {
    this.#files.stat(descriptor, this.#stat);
    lookAtExtended(this.#files, descriptor, this.#stat);
    return sameAttributes(attributes, this.#stat, 'folder');
  }

  #reset(): void {
    this.#descriptors.closeAll();
    this.#content.forgetCheck();
    this.#listed = null;
    this.#compared = null;
  }
}

/** `names` is null where no orphan can be among what is stated. */
interface OpenedFolder {
  readonly descriptor: number;
  readonly names: NameList | null;
}

/** Content that the record itself vouches for. */
function statedBytes(change: VerifyFolder): number {
  let bytes = 0;
  for (const entry of change.entries) if (entry.sizeBytes <= INLINE_BYTES_MAX) bytes += entry.sizeBytes;
  return bytes;
}

/** States one name and no range besides: then nothing can be an orphan. */
function isSingleName(change: VerifyFolder): boolean {
  const only = change.entries[0];
  return change.entries.length === 1 && !change.last && only !== undefined && change.after === predecessor(only.name);
}

/** What lies in the folder, and what the tree says should: both are compared with what is stated. */
function addKnownNames(listed: NameList, folder: Node): void {
  const known = folder.children;
  if (known === null || known.size === 0) return;
  for (const name of listed.lacking(known)) listed.push(name);
}
