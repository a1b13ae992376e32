import { INLINE_BYTES_MAX, type FolderEntry } from '../changes/change.ts';
import { NameList } from '../changes/name-list.ts';
import { typeOf } from '../changes/node-facts.ts';
import type { Children, Node } from '../changes/node-tree.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import { FileError, type Files, type NameSink, Stat } from '../kernel/files.ts';
import { ContentPass } from './content-pass.ts';
import { EntryReader } from './entry-reader.ts';
import { FolderStatement } from './folder-statement.ts';
import { NamePages } from './name-pages.ts';
import { type Pass, Patience, type Scan, type Slice } from './scan.ts';

/**
 * States one folder, whole, then its large files, then the folders in it where those are asked for. First the names that disk
 * and tree don't share are looked at; what is stated then is what the tree holds, because that is
 * what the stream has said: a name that appeared since is captured, or will be.
 */
export class FolderPass implements Pass {
  readonly #scan: Scan;
  readonly #folder: Node;
  readonly #patience = new Patience();
  #work: FolderWork | null = null;

  constructor(scan: Scan, folder: Node) {
    this.#scan = scan;
    this.#folder = folder;
  }

  advance(slice: Slice): readonly Pass[] | null {
    const path = this.#path();
    if (path === null) return [];
    try {
      if (this.#work === null) {
        const descriptor = this.#scan.descriptors.openAgain(this.#folder);
        this.#work = new FolderWork(this.#scan, this.#folder, { path, descriptor });
      }
      return this.#work.advance(this.#scan.descriptors.open(this.#folder), slice) ? this.#next(this.#work) : null;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return this.#giveUp(error, path, slice);
    }
  }

  #next(work: FolderWork): Pass[] {
    const next: Pass[] = work.large.map((node) => new ContentPass(this.#scan, node));
    if (this.#scan.request.isShallow === true) return next;
    for (const name of work.folders) {
      const node = this.#folder.children?.get(name);
      if (node?.type === 'folder') next.push(new FolderPass(this.#scan, node));
    }
    return next;
  }

  #giveUp(error: FileError, path: ByteString, slice: Slice): readonly Pass[] | null {
    const { parent, name } = this.#folder;
    if (parent !== null) this.#scan.look(parent, name);
    // Vanished in the meantime: then nothing is left to say.
    if (this.#path() === null) return [];
    if (this.#patience.withError(error, slice)) return null;
    this.#scan.unreadable(path, error.code);
    return [];
  }

  #path(): ByteString | null {
    const { tree } = this.#scan;
    return tree.get(this.#folder.id) === this.#folder ? tree.pathOf(this.#folder) : null;
  }
}

/** The part of a {@link FolderPass} that began: its lists and how far it came in them. */
class FolderWork {
  readonly large: Node[] = [];
  readonly folders: ByteString[] = [];
  readonly #scan: Scan;
  readonly #folder: Node;
  readonly #path: ByteString;
  readonly #reader: EntryReader;
  readonly #statement: FolderStatement;
  readonly #stat = new Stat();
  /** Names to look at: on disk and not in the tree, or the other way round. */
  readonly #unlike: NameList;
  #unlikeDone = 0;
  /** Names to state, in order; null before the first are. Those that went are passed over. */
  #pages: NamePages | null = null;
  /** Of the present page. */
  #namesDone = 0;
  /** Of the folder, when the names were taken. */
  #arrivals = 0;

  constructor(scan: Scan, folder: Node, at: { path: ByteString; descriptor: number }) {
    this.#scan = scan;
    this.#folder = folder;
    this.#path = at.path;
    this.#reader = new EntryReader(scan);
    this.#statement = new FolderStatement(scan, folder);
    this.#unlike = unlike(scan.files, at.descriptor, folder);
  }

  /** True when all is stated. */
  advance(descriptor: number, slice: Slice): boolean {
    if (!this.#lookAtUnlike(descriptor, slice)) return false;
    const flush = (): void => this.#statement.flush(descriptor);
    for (let name = this.#nextName(); name !== null; name = this.#nextName()) {
      const bytes = this.#state(descriptor, name, flush);
      if (this.#hasMore && slice.spend(bytes)) {
        flush();
        return false;
      }
    }
    this.#statement.finish(descriptor);
    this.#scan.itemsDone += this.#folder.parent === null ? 1 : 0;
    return true;
  }

  #lookAtUnlike(descriptor: number, slice: Slice): boolean {
    while (this.#unlikeDone < this.#unlike.length) {
      const name = this.#unlike.at(this.#unlikeDone);
      this.#unlikeDone += 1;
      if (this.#folder.children?.has(name) === true || this.#isItem(descriptor, name)) {
        this.#scan.look(this.#folder, name);
      }
      if (slice.spend(0)) return false;
    }
    return true;
  }

  /** Is it on disk, replicable and protected? */
  #isItem(descriptor: number, name: ByteString): boolean {
    if (!this.#scan.files.statAt(descriptor, name, this.#stat)) return false;
    const type = typeOf(this.#stat);
    return type !== 'other' && this.#scan.protectedSet.covers(joinPath(this.#path, name), type === 'folder');
  }

  /** As the tree has it now: a look at a name that is gone may have found it under another one, which is to be stated then. */
  #nextName(): ByteString | null {
    const { children } = this.#folder;
    if (children === null) return null;
    const pages = (this.#pages ??= this.#begin(children));
    if (this.#arrivals !== children.arrivals) {
      pages.merge(children.since(this.#arrivals));
      // What came before the next one is not stated: that range is closed.
      this.#namesDone = pages.names.firstAfter(this.#statement.reached);
      this.#arrivals = children.arrivals;
    }
    while (this.#namesDone >= pages.names.length) {
      if (!pages.turn()) return null;
      this.#namesDone = pages.names.firstAfter(this.#statement.reached);
    }
    return pages.names.at(this.#namesDone++);
  }

  get #hasMore(): boolean {
    return this.#pages !== null && (this.#namesDone < this.#pages.names.length || this.#pages.end !== null);
  }

  #begin(children: Children): NamePages {
    this.#arrivals = children.arrivals;
    return new NamePages(children);
  }

  /** @returns bytes read. */
  #state(descriptor: number, name: ByteString, flush: () => void): number {
    let entry: FolderEntry | null;
    try {
      entry = this.#reader.read(this.#folder, descriptor, name, flush);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#statement.leaveOut(name, descriptor);
      this.#scan.unreadable(joinPath(this.#path, name), error.code);
      return 0;
    }
    if (entry === null) return 0;
    this.#statement.add(entry, descriptor);
    this.#scan.itemsDone += 1;
    if (entry.type === 'folder') this.folders.push(name);
    if (entry.type !== 'file' || this.#scan.request.mode === 'fast') return 0;
    if (entry.sizeBytes <= INLINE_BYTES_MAX) {
      this.#scan.bytesDone += entry.sizeBytes;
      return entry.sizeBytes;
    }
    const node = this.#folder.children?.get(name);
    // A file with several names is read once, with its first one.
    if (node !== undefined && node.parent === this.#folder && node.name === name) this.large.push(node);
    return 0;
  }
}

/** Names of which the tree or the disk knows nothing: first the new ones, so that a rename is seen as one. */
function unlike(files: Files, descriptor: number, folder: Node): NameList {
  const comparison = new Comparison(folder.children);
  files.listInto(descriptor, comparison);
  const { found } = comparison;
  if (!comparison.isMissingSome) return found;
  const listed = new NameList();
  files.listInto(descriptor, listed);
  if (folder.children !== null) for (const name of listed.lacking(folder.children)) found.push(name);
  return found;
}

/** Compares what is listed with what is known, without keeping it. */
class Comparison implements NameSink {
  /** Listed and not known. */
  readonly found = new NameList();
  readonly #known: Children | null;
  #count = 0;

  constructor(known: Children | null) {
    this.#known = known;
  }

  get isMissingSome(): boolean {
    return this.#known !== null && this.#count < this.#known.size;
  }

  push(name: ByteString): void {
    if (this.#known?.has(name) === true) this.#count += 1;
    else this.found.push(name);
  }
}
