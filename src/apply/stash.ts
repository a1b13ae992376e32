import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { FILE_TYPE_FOLDER, FILE_TYPE_MASK, FileError, type Files, isAbsence, Stat } from '../kernel/files.ts';
import { OwnRecord } from './own-record.ts';

/** Beside a protected folder, or in it where it can't be beside. Never an item of the set. */
export const STASH_NAME = fromText('.understudy');
const STAGING = fromText('staging');
const QUARANTINE = fromText('quarantine');
const STASH_MODE = 0o700;

/**
 * Where content waits that has no name in the protected folder yet (`staging`), or has none any more
 * (`quarantine`): on the same file system, so that going in and out is a rename.
 */
export class Stash {
  readonly device: number;
  readonly staging: number;
  readonly quarantine: number;
  readonly own: OwnRecord;
  /** It lies in the protected folder itself, whose time moved if it was made just now. */
  readonly isInside: boolean;
  /** Owner of what Apply makes in `staging` before it is given to anybody else. */
  readonly #files: Files;
  readonly #outer: number;
  readonly #outerParent: number;
  readonly #inner: number;
  readonly #innerName: ByteString;

  private constructor(
    files: Files,
    place: {
      parent: number;
      outer: number;
      inner: number;
      staging: number;
      quarantine: number;
      innerName: ByteString;
      device: number;
      isInside: boolean;
    },
  ) {
    this.#files = files;
    this.isInside = place.isInside;
    this.#outerParent = place.parent;
    this.#outer = place.outer;
    this.#inner = place.inner;
    this.#innerName = place.innerName;
    this.device = place.device;
    this.staging = place.staging;
    this.quarantine = place.quarantine;
    this.own = new OwnRecord(files, place.inner);
  }

  /**
   * Opens the stash of a protected folder, or makes it.
   * @param root - open descriptor of the protected folder. @param path - its real path.
   * @throws FileError where neither place can be written.
   */
  static open(files: Files, root: number, path: ByteString): Stash {
    const stat = new Stat();
    files.stat(root, stat);
    const device = stat.device;
    const cut = path.lastIndexOf('/');
    const innerName = (path.slice(cut + 1) || 'root') as ByteString;
    const opened: number[] = [];
    const keep = (descriptor: number): number => {
      opened.push(descriptor);
      return descriptor;
    };
    try {
      const beside = path === '/' ? null : openBeside(files, (path.slice(0, cut) || '/') as ByteString, device);
      const parent = keep(beside?.parent ?? files.openFolder(path));
      const outer = keep(beside?.outer ?? ensureFolder(files, root, STASH_NAME));
      const inner = keep(ensureFolder(files, outer, innerName));
      const staging = keep(ensureFolder(files, inner, STAGING));
      const quarantine = keep(ensureFolder(files, inner, QUARANTINE));
      const isInside = beside === null;
      return new Stash(files, { parent, outer, inner, staging, quarantine, innerName, device, isInside });
    } catch (error) {
      for (const descriptor of opened) files.close(descriptor);
      throw error;
    }
  }

  /** Closes it, and removes the folders that hold nothing. */
  close(): void {
    const files = this.#files;
    this.own.close();
    files.close(this.staging);
    files.close(this.quarantine);
    OwnRecord.remove(files, this.#inner);
    removeIfEmpty(files, this.#inner, STAGING);
    removeIfEmpty(files, this.#inner, QUARANTINE);
    files.close(this.#inner);
    removeIfEmpty(files, this.#outer, this.#innerName);
    files.close(this.#outer);
    removeIfEmpty(files, this.#outerParent, STASH_NAME);
    files.close(this.#outerParent);
  }

  /** For a test of a crash: closes the descriptors and leaves all as it is. */
  abandon(): void {
    this.own.close();
    for (const descriptor of [this.staging, this.quarantine, this.#inner, this.#outer, this.#outerParent]) {
      this.#files.close(descriptor);
    }
  }
}

/** @returns null where the parent folder is on another device, can't be written, or holds somebody else's stash. */
function openBeside(files: Files, parentPath: ByteString, device: number): { parent: number; outer: number } | null {
  let parent: number | null = null;
  let outer: number | null = null;
  try {
    const stat = new Stat();
    parent = files.openFolder(parentPath);
    files.stat(parent, stat);
    if (stat.device === device) {
      outer = ensureFolder(files, parent, STASH_NAME);
      if (isPrivate(files, outer)) return { parent, outer };
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
  }
  if (outer !== null) files.close(outer);
  if (parent !== null) files.close(parent);
  return null;
}

/** Nobody else may look in, and whoever owns it is who we are. */
function isPrivate(files: Files, folder: number): boolean {
  const stat = new Stat();
  files.stat(folder, stat);
  const owner = stat.uid;
  if ((stat.mode & 0o077) !== 0) return false;
  const probe = '.probe' as ByteString;
  removeIfEmpty(files, folder, probe);
  files.makeFolderAt(folder, probe, STASH_MODE);
  const made = files.statAt(folder, probe, stat) && stat.uid === owner;
  files.removeFolderAt(folder, probe);
  return made;
}

function ensureFolder(files: Files, parent: number, name: ByteString): number {
  try {
    return files.openFolderAt(parent, name);
  } catch (error) {
    if (!(error instanceof FileError && error.code === 'ENOENT')) throw error;
    files.makeFolderAt(parent, name, STASH_MODE);
    return files.openFolderAt(parent, name);
  }
}

function removeIfEmpty(files: Files, parent: number, name: ByteString): void {
  try {
    files.removeFolderAt(parent, name);
  } catch (error) {
    const expected = error instanceof FileError && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST');
    if (!expected && !isAbsence(error)) throw error;
  }
}

/** Is a stash there already? Then a crash may have left something in it. */
export function hasStash(files: Files, path: ByteString, root: number): boolean {
  const stat = new Stat();
  if (files.statAt(root, STASH_NAME, stat) && (stat.mode & FILE_TYPE_MASK) === FILE_TYPE_FOLDER) return true;
  const cut = path.lastIndexOf('/');
  if (cut < 0 || path === '/') return false;
  let parent: number | null = null;
  try {
    parent = files.openFolder((path.slice(0, cut) || '/') as ByteString);
    return files.statAt(parent, STASH_NAME, stat);
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  } finally {
    if (parent !== null) files.close(parent);
  }
}
