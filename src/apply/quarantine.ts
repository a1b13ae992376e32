import { typeOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import { must } from '../kernel/assert.ts';
import {
  type ByteString,
  fromLatin1,
  fromText,
  isWithin,
  joinPath,
  toBytes,
  toDisplay,
} from '../kernel/byte-string.ts';
import { FileError, type Files, type NameAt, Stat } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import type { WallMs } from '../kernel/units.ts';
import { Problem } from '../problems/problem.ts';
import { copyAll, measure, removeAll } from './disk-tree.ts';
import { realPath } from './file-facts.ts';
import type { Replica } from './replica.ts';
import type { Stash } from './stash.ts';
import type { QuarantineEntry, QuarantineReason } from './store.ts';

/** The thing itself, inside the entry's folder. */
const CONTENT = fromText('content');
/**
 * A symbolic link whose target is the protected path, so that the folder explains itself without the index;
 * a file that holds the path where that is longer than a link may lead.
 */
const ORIGIN = fromText('origin');
const TARGET_BYTES_MAX = 4095;
const PATH_BYTES_MAX = 64 * 1024;
const ENTRY_ID = /^\d{8}T\d{9}Z-\d+-(replaced|orphan|changed-on-passive)$/;

/** What was replaced, orphaned or changed here: kept until space or an operator asks for its end. */
export class Quarantine {
  readonly #replica: Replica;
  readonly #bytesMax: number;
  /** Oldest first. */
  readonly #entries = new Map<string, QuarantineEntry>();
  #bytes = 0;
  #counter = 0;
  #changed = false;

  constructor(replica: Replica, bytesMax: number) {
    this.#replica = replica;
    this.#bytesMax = bytesMax;
  }

  /** Oldest first. */
  list(): QuarantineEntry[] {
    return [...this.#entries.values()];
  }

  get bytes(): number {
    return this.#bytes;
  }

  get bytesMax(): number {
    return this.#bytesMax;
  }

  get hasChanged(): boolean {
    return this.#changed;
  }

  /** Is the index, as it is now, being written down? */
  saving(isSaving: boolean): void {
    this.#changed = !isSaving;
  }

  /**
   * Sets a name aside, with everything below it, by a rename.
   * @throws FileError where it can't be moved, InUse.
   */
  take(parent: Node, name: ByteString, why: QuarantineReason): void {
    const { files, folders, inUse } = this.#replica;
    inUse.expectAllFree({ parent, name });
    const from = { folder: folders.open(parent), name };
    const size = measure(files, from);
    const fill = (folder: number): void => files.renameAt(from, { folder, name: CONTENT });
    this.#put({ parent, path: this.#pathOf(parent, name), why, size }, fill);
    this.#replica.touch(parent);
  }

  /** As {@link take}, of something in a folder that the tree need not know. @param path - its protected path, below `root`. */
  takeAt(root: Node, at: NameAt, path: ByteString, why: QuarantineReason): void {
    const { files } = this.#replica;
    const size = measure(files, at);
    this.#put({ parent: root, path, why, size }, (folder) => files.renameAt(at, { folder, name: CONTENT }));
  }

  /** Sets aside what lies in `staging` and belongs nowhere any more. */
  takeStaged(root: Node, at: NameAt, why: QuarantineReason): void {
    const { files } = this.#replica;
    const size = measure(files, at);
    const path = this.#pathOf(root, at.name);
    this.#put({ parent: root, path, why, size }, (folder) => files.renameAt(at, { folder, name: CONTENT }));
  }

  /** Keeps a copy of a file that is about to be changed in place; not of one larger than the whole quarantine. */
  keepCopy(parent: Node, name: ByteString, why: QuarantineReason): void {
    const { files, folders } = this.#replica;
    const from = { folder: folders.open(parent), name };
    const size = measure(files, from);
    if (size.bytes > this.#bytesMax || size.bytes === 0) return;
    const fill = (folder: number): void => copyAll(files, from, { folder, name: CONTENT });
    this.#put({ parent, path: this.#pathOf(parent, name), why, size }, fill);
  }

  /**
   * Puts an entry at a real path, or back to its place where that is no longer protected.
   * @throws Problem APL-006 where there is no such entry, APL-007 where the place is taken or can't be written,
   * APL-008 where what lies there is the active server's to say.
   */
  restore(id: string, to: ByteString | null): void {
    const entry = this.#entry(id);
    const { files, base } = this.#replica;
    const target = to ?? realPath(base, entry.path);
    const cut = target.lastIndexOf('/');
    const name = target.slice(cut + 1) as ByteString;
    const stash = this.#stashOf(entry);
    if (stash === null) throw new Problem('APL-006', { entry: id });
    if (this.#isProtected(target)) throw new Problem('APL-008', { entry: id, path: toDisplay(target) });
    let folder: number | null = null;
    let source: number | null = null;
    try {
      folder = files.openFolder((target.slice(0, cut) || '/') as ByteString);
      if (this.#isProtectedIn(folder, name)) throw new Problem('APL-008', { entry: id, path: toDisplay(target) });
      source = files.openFolderAt(stash.quarantine, fromText(id));
      this.#moveNew(source, folder, name);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      throw new Problem('APL-007', { entry: id, path: toDisplay(target), reason: error.code }, { cause: error });
    } finally {
      if (source !== null) files.close(source);
      if (folder !== null) files.close(folder);
    }
    this.#remove(entry);
    this.#replica.host.note({ kind: 'restored', entry, to: target });
  }

  /** Removes one entry for good, or all. @throws Problem APL-006 where there is no such entry. */
  purge(id: string | null): void {
    const entries = id === null ? this.list() : [this.#entry(id)];
    for (const entry of entries) this.#remove(entry);
    if (entries.length > 0) this.#replica.host.note({ kind: 'purged', entries });
  }

  /** Begins with the saved index, brought in line with what lies in the stashes. */
  restoreIndex(saved: readonly QuarantineEntry[]): void {
    const onDisk = new Map<string, QuarantineEntry>();
    const byId = new Map(saved.map((entry) => [entry.id, entry]));
    for (const [folder, stash] of this.#replica.stashes) {
      for (const name of this.#replica.files.list(stash.quarantine)) {
        const entry = byId.get(name) ?? this.#describe(stash, folder, name);
        if (entry !== null) onDisk.set(entry.id, entry);
      }
    }
    const sorted = [...onDisk.values()].sort((a, b) => a.when - b.when || (a.id < b.id ? -1 : 1));
    for (const entry of sorted) this.#add(entry);
    this.#changed = sorted.length !== saved.length;
  }

  #put(
    what: { parent: Node; path: ByteString; why: QuarantineReason; size: { bytes: number; items: number } },
    fill: (folder: number) => void,
  ): void {
    const { parent, path, why, size } = what;
    const { files, clock, host } = this.#replica;
    const stash = this.#replica.stashOf(parent);
    const when = clock.wallMs();
    const id = this.#newId(when, why);
    files.makeFolderAt(stash.quarantine, fromText(id), 0o700);
    const folder = files.openFolderAt(stash.quarantine, fromText(id));
    try {
      if (path.length <= TARGET_BYTES_MAX) files.symlinkAt(path, folder, ORIGIN);
      else writeOrigin(files, folder, path);
      fill(folder);
    } catch (error) {
      removeAll(files, { folder: stash.quarantine, name: fromText(id) });
      throw error;
    } finally {
      files.close(folder);
    }
    const entry: QuarantineEntry = { id, path, folder: this.#replica.rootOf(parent).name, why, when, ...size };
    this.#add(entry);
    host.note({ kind: 'quarantined', entry });
    this.#keepBound(entry);
  }

  #pathOf(parent: Node, name: ByteString): ByteString {
    return must(this.#replica.tree.pathOfName({ parent, name }), 'path of a name below a protected folder');
  }

  /** The newest is kept even where it alone is beyond the bound: it took no new space. */
  #keepBound(newest: QuarantineEntry): void {
    let removed = false;
    for (const entry of this.#entries.values()) {
      if (this.#bytes <= this.#bytesMax || entry === newest) break;
      this.#remove(entry);
      removed = true;
    }
    if (!removed) return;
    const problem = { code: 'APL-004', parameters: { bytes: this.#bytesMax } } as const;
    this.#replica.host.note({ kind: 'problem', path: null, problem });
  }

  #newId(when: WallMs, why: QuarantineReason): string {
    const time = new Date(when).toISOString().replace(/[-:.]/g, '');
    for (;;) {
      const id = `${time}-${String(++this.#counter)}-${why}`;
      if (!this.#entries.has(id)) return id;
    }
  }

  #add(entry: QuarantineEntry): void {
    this.#entries.set(entry.id, entry);
    this.#bytes += entry.bytes;
    this.#changed = true;
  }

  #remove(entry: QuarantineEntry): void {
    const stash = this.#stashOf(entry);
    if (stash !== null) removeAll(this.#replica.files, { folder: stash.quarantine, name: fromText(entry.id) });
    if (this.#entries.delete(entry.id)) this.#bytes -= entry.bytes;
    this.#changed = true;
  }

  #entry(id: string): QuarantineEntry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Problem('APL-006', { entry: id });
    return entry;
  }

  #stashOf(entry: QuarantineEntry): Stash | null {
    for (const [folder, stash] of this.#replica.stashes) if (folder === entry.folder) return stash;
    return null;
  }

  /** Is the active server to say what lies there? @param target - a real path. */
  #isProtected(target: ByteString): boolean {
    const below = realPath(this.#replica.base, '/' as ByteString);
    return target.startsWith(below) && this.#isItem(target.slice(below.length - 1) as ByteString);
  }

  /** The same of a name in an open folder, to which a symbolic link may have led. */
  #isProtectedIn(folder: number, name: ByteString): boolean {
    const { files, tree } = this.#replica;
    const stat = new Stat();
    files.stat(folder, stat);
    const known = knownOrNot(this.#replica, stat);
    const path = known === undefined ? null : tree.pathOf(known);
    return path !== null && this.#isItem(joinPath(path, name));
  }

  #isItem(path: ByteString): boolean {
    const { protectedSet } = this.#replica;
    if (!protectedSet.folders.some((folder) => isWithin(path, folder.path))) return false;
    return protectedSet.covers(path, false) || protectedSet.covers(path, true);
  }

  #moveNew(source: number, folder: number, name: ByteString): void {
    const { files } = this.#replica;
    try {
      files.renameNewAt({ folder: source, name: CONTENT }, { folder, name });
    } catch (error) {
      if (!(error instanceof FileError && error.code === 'EXDEV')) throw error;
      if (files.statAt(folder, name, new Stat())) throw new FileError({ code: 'EEXIST', call: 'rename', path: name });
      copyNew(files, { folder: source, name: CONTENT }, { folder, name });
    }
  }

  /** What an entry without a line in the index says of itself; one without content is removed. */
  #describe(stash: Stash, folder: ByteString, name: ByteString): QuarantineEntry | null {
    const { files } = this.#replica;
    const reason = ENTRY_ID.exec(name)?.[1];
    if (reason === undefined) return null;
    let entry: number | null = null;
    try {
      entry = files.openFolderAt(stash.quarantine, name);
      if (files.statAt(entry, CONTENT, new Stat())) {
        const path = readOrigin(files, entry);
        const size = measure(files, { folder: entry, name: CONTENT });
        return { id: name, path, folder, why: reason as QuarantineReason, when: timeOf(name), ...size };
      }
      removeAll(files, { folder: stash.quarantine, name });
      return null;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return null;
    } finally {
      if (entry !== null) files.close(entry);
    }
  }
}

/** A copy that lasts, for what it was made of goes; or none at all. */
function copyNew(files: Files, from: NameAt, to: NameAt): void {
  try {
    copyAll(files, from, to);
    files.syncFileSystem(to.folder);
  } catch (error) {
    // Somebody else's, made just now, stays.
    if (!(error instanceof FileError && error.code === 'EEXIST')) removeAll(files, to);
    throw error;
  }
}

function writeOrigin(files: Files, folder: number, path: ByteString): void {
  const file = files.openAt(folder, ORIGIN, OPEN.writeOnly | OPEN.create | OPEN.exclusive, 0o600);
  try {
    files.write(file, toBytes(path), 0);
  } finally {
    files.close(file);
  }
}

function readOrigin(files: Files, folder: number): ByteString {
  const stat = new Stat();
  if (files.statAt(folder, ORIGIN, stat) && typeOf(stat) === 'symlink') return files.readLinkAt(folder, ORIGIN);
  const file = files.openAt(folder, ORIGIN, OPEN.readOnly | OPEN.nonBlocking);
  try {
    const path = Buffer.alloc(PATH_BYTES_MAX);
    const length = files.read(file, path, { offset: 0, length: path.length, position: 0 });
    return fromLatin1(path.toString('latin1', 0, length));
  } finally {
    files.close(file);
  }
}

/** A protected folder that is missing must not stand in the way of what has nothing to do with it. */
function knownOrNot(replica: Replica, stat: Readonly<Stat>): Node | undefined {
  try {
    return replica.known(stat);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return undefined;
  }
}

function timeOf(id: string): WallMs {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(id)?.slice(1).map(Number) ?? [];
  const [year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0] = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second, ms) as WallMs;
}
