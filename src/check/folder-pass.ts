import { INLINE_BYTES_MAX, type FolderEntry } from '../changes/change.ts';
import { NameList } from '../changes/name-list.ts';
import type { Node } from '../changes/node-tree.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import { FileError, Stat } from '../kernel/files.ts';
import { typeOf } from './compare.ts';
import { ContentPass } from './content-pass.ts';
import { EntryReader } from './entry-reader.ts';
import { FolderStatement } from './folder-statement.ts';
import { type Pass, Patience, type Scan, type Slice } from './scan.ts';

/**
 * States one folder, whole, then its large files, then the folders in it. First the names that disk
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
  /** Names to state, sorted; null before the first are. Those that went are passed over. */
  #names: NameList | null;
  #namesDone = 0;
  /** Of the folder, when the names were taken. */
  #arrivals: number;

  constructor(scan: Scan, folder: Node, at: { path: ByteString; descriptor: number }) {
    this.#scan = scan;
    this.#folder = folder;
    this.#path = at.path;
    this.#reader = new EntryReader(scan);
    this.#statement = new FolderStatement(scan, folder);
    const listed = new NameList();
    scan.files.listInto(at.descriptor, listed);
    this.#unlike = unlike(listed.sort(), folder);
    this.#names = this.#unlike.length === 0 ? listed : null;
    this.#arrivals = folder.children?.arrivals ?? 0;
  }

  /** True when all is stated. */
  advance(descriptor: number, slice: Slice): boolean {
    if (!this.#lookAtUnlike(descriptor, slice)) return false;
    let names = this.#takeNames();
    const flush = (): void => this.#statement.flush(descriptor);
    while (this.#namesDone < names.length) {
      const name = names.at(this.#namesDone);
      this.#namesDone += 1;
      const bytes = this.#state(descriptor, name, flush);
      // A look at a name that is gone may have found it under another one, which is to be stated then.
      names = this.#takeNames();
      if (this.#namesDone < names.length && slice.spend(bytes)) {
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

  /** The names of the folder as the tree has them now, from the next one to state on; looks at those that came since the last time only. */
  #takeNames(): NameList {
    const { children } = this.#folder;
    const arrivals = children?.arrivals ?? 0;
    if (this.#names !== null && this.#arrivals === arrivals) return this.#names;
    if (this.#names === null) this.#names = NameList.of(children?.keys() ?? []).sort();
    else this.#names.merge(this.#arrived());
    const names = this.#names;
    // What came before the next one is not stated: that range is closed.
    this.#namesDone = names.firstAfter(this.#statement.reached);
    this.#arrivals = arrivals;
    return names;
  }

  #arrived(): Iterable<ByteString> {
    return this.#folder.children?.since(this.#arrivals) ?? [];
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
function unlike(listed: NameList, folder: Node): NameList {
  const children = folder.children;
  if (children === null) return listed;
  const found = listed.filter((name) => !children.has(name));
  if (listed.length - found.length === children.size) return found;
  for (const name of listed.lacking(children)) found.push(name);
  return found;
}
