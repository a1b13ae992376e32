import { type ByteString, fromText } from '../kernel/byte-string.ts';
import {
  type DeviceNumber,
  FILE_TYPE_FOLDER,
  FILE_TYPE_MASK,
  FILE_TYPE_REGULAR,
  FileError,
  type FileOrName,
  type Files,
  type FileSystemFacts,
  type FileTime,
  type NameAt,
  type NameSink,
  type Owner,
  Stat,
} from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';

/** Files whose flags are lifted at a time; beyond that the first ones get theirs back. */
const LIFTED_MAX = 64;

/** A file that is kept open until its flags are put back. */
interface Lifted {
  readonly file: number;
  readonly inode: number;
  readonly device: number;
  readonly flags: number;
}

/**
 * The file door as Apply uses it: what is refused because a file or folder of the copy is immutable or
 * append-only is done again with the flag taken away. {@link restore} puts back every flag that was not
 * set anew meanwhile. Costs nothing until something is refused.
 */
export class LiftingFiles implements Files {
  readonly #inner: Files;
  readonly #onRestored: (stat: Readonly<Stat>) => void;
  readonly #lifted: Lifted[] = [];
  readonly #stat = new Stat();

  /** @param onRestored - told the status of a file whose flags were put back: its change time moved. */
  constructor(inner: Files, onRestored: (stat: Readonly<Stat>) => void) {
    this.#inner = inner;
    this.#onRestored = onRestored;
  }

  /** Puts the flags back that were lifted and not set since. */
  restore(): void {
    for (let lifted = this.#lifted.pop(); lifted !== undefined; lifted = this.#lifted.pop()) this.#putBack(lifted);
  }

  /** Are flags of this file to be put back? */
  isLifted({ inode, device }: Readonly<Stat>): boolean {
    return this.#lifted.some((lifted) => lifted.inode === inode && lifted.device === device);
  }

  openFolder(path: ByteString): number {
    return this.#inner.openFolder(path);
  }

  openFolderAt(folder: number, name: ByteString): number {
    return this.#inner.openFolderAt(folder, name);
  }

  list(folder: number): ByteString[] {
    return this.#inner.list(folder);
  }

  listInto(folder: number, into: NameSink): void {
    this.#inner.listInto(folder, into);
  }

  statAt(folder: number, name: ByteString, into: Stat): boolean {
    return this.#inner.statAt(folder, name, into);
  }

  readLinkAt(folder: number, name: ByteString): ByteString {
    return this.#inner.readLinkAt(folder, name);
  }

  openAt(folder: number, name: ByteString, flags: number, mode?: number): number {
    try {
      return this.#inner.openAt(folder, name, flags, mode);
    } catch (error) {
      this.#liftOrThrow(error, { folder, name }, folder);
      return this.#inner.openAt(folder, name, flags, mode);
    }
  }

  openUnnamed(folder: number, mode: number): number {
    try {
      return this.#inner.openUnnamed(folder, mode);
    } catch (error) {
      this.#liftOrThrow(error, folder);
      return this.#inner.openUnnamed(folder, mode);
    }
  }

  nameFile(file: number, target: NameAt): void {
    try {
      this.#inner.nameFile(file, target);
    } catch (error) {
      this.#liftOrThrow(error, file, target.folder);
      this.#inner.nameFile(file, target);
    }
  }

  makeFolderAt(folder: number, name: ByteString, mode: number): void {
    try {
      this.#inner.makeFolderAt(folder, name, mode);
    } catch (error) {
      this.#liftOrThrow(error, folder);
      this.#inner.makeFolderAt(folder, name, mode);
    }
  }

  symlinkAt(target: ByteString, folder: number, name: ByteString): void {
    try {
      this.#inner.symlinkAt(target, folder, name);
    } catch (error) {
      this.#liftOrThrow(error, folder);
      this.#inner.symlinkAt(target, folder, name);
    }
  }

  makeNodeAt(at: NameAt, mode: number, device: DeviceNumber): void {
    try {
      this.#inner.makeNodeAt(at, mode, device);
    } catch (error) {
      this.#liftOrThrow(error, at.folder);
      this.#inner.makeNodeAt(at, mode, device);
    }
  }

  linkAt(source: NameAt, target: NameAt): void {
    try {
      this.#inner.linkAt(source, target);
    } catch (error) {
      this.#liftOrThrow(error, source, target.folder);
      this.#inner.linkAt(source, target);
    }
  }

  renameAt(source: NameAt, target: NameAt): void {
    try {
      this.#inner.renameAt(source, target);
    } catch (error) {
      this.#liftOrThrow(error, source, source.folder, target, target.folder);
      this.#inner.renameAt(source, target);
    }
  }

  renameNewAt(source: NameAt, target: NameAt): void {
    try {
      this.#inner.renameNewAt(source, target);
    } catch (error) {
      this.#liftOrThrow(error, source, source.folder, target.folder);
      this.#inner.renameNewAt(source, target);
    }
  }

  unlinkAt(folder: number, name: ByteString): void {
    try {
      this.#inner.unlinkAt(folder, name);
    } catch (error) {
      this.#liftOrThrow(error, { folder, name }, folder);
      this.#inner.unlinkAt(folder, name);
    }
  }

  removeFolderAt(folder: number, name: ByteString): void {
    try {
      this.#inner.removeFolderAt(folder, name);
    } catch (error) {
      this.#liftOrThrow(error, { folder, name }, folder);
      this.#inner.removeFolderAt(folder, name);
    }
  }

  setModeAt(folder: number, name: ByteString, mode: number): void {
    try {
      this.#inner.setModeAt(folder, name, mode);
    } catch (error) {
      this.#liftOrThrow(error, { folder, name });
      this.#inner.setModeAt(folder, name, mode);
    }
  }

  setOwnerAt(folder: number, name: ByteString, owner: Owner): void {
    try {
      this.#inner.setOwnerAt(folder, name, owner);
    } catch (error) {
      this.#liftOrThrow(error, { folder, name });
      this.#inner.setOwnerAt(folder, name, owner);
    }
  }

  setMtimeAt(folder: number, name: ByteString, mtime: FileTime): void {
    try {
      this.#inner.setMtimeAt(folder, name, mtime);
    } catch (error) {
      this.#liftOrThrow(error, { folder, name });
      this.#inner.setMtimeAt(folder, name, mtime);
    }
  }

  stat(file: number, into: Stat): void {
    this.#inner.stat(file, into);
  }

  read(file: number, into: Uint8Array, at: { offset: number; length: number; position: number }): number {
    return this.#inner.read(file, into, at);
  }

  /** Flags are lifted when a file is opened for writing. */
  write(file: number, data: Uint8Array, position: number): void {
    this.#inner.write(file, data, position);
  }

  setSize(file: number, sizeBytes: number): void {
    try {
      this.#inner.setSize(file, sizeBytes);
    } catch (error) {
      this.#liftOrThrow(error, file);
      this.#inner.setSize(file, sizeBytes);
    }
  }

  setMode(file: number, mode: number): void {
    try {
      this.#inner.setMode(file, mode);
    } catch (error) {
      this.#liftOrThrow(error, file);
      this.#inner.setMode(file, mode);
    }
  }

  setOwner(file: number, owner: Owner): void {
    try {
      this.#inner.setOwner(file, owner);
    } catch (error) {
      this.#liftOrThrow(error, file);
      this.#inner.setOwner(file, owner);
    }
  }

  setMtime(file: number, mtime: FileTime): void {
    try {
      this.#inner.setMtime(file, mtime);
    } catch (error) {
      this.#liftOrThrow(error, file);
      this.#inner.setMtime(file, mtime);
    }
  }

  syncData(file: number): void {
    this.#inner.syncData(file);
  }

  sync(file: number): void {
    this.#inner.sync(file);
  }

  forgetCached(file: number): void {
    this.#inner.forgetCached(file);
  }

  syncFileSystem(file: number): void {
    this.#inner.syncFileSystem(file);
  }

  fileSystem(file: number): FileSystemFacts {
    return this.#inner.fileSystem(file);
  }

  close(file: number): void {
    this.#inner.close(file);
  }

  listXattrs(of: FileOrName): readonly ByteString[] {
    return this.#inner.listXattrs(of);
  }

  getXattr(of: FileOrName, name: ByteString): ByteString | null {
    return this.#inner.getXattr(of, name);
  }

  setXattr(of: FileOrName, name: ByteString, value: ByteString): void {
    try {
      this.#inner.setXattr(of, name, value);
    } catch (error) {
      this.#liftOrThrow(error, of);
      this.#inner.setXattr(of, name, value);
    }
  }

  removeXattr(of: FileOrName, name: ByteString): void {
    try {
      this.#inner.removeXattr(of, name);
    } catch (error) {
      this.#liftOrThrow(error, of);
      this.#inner.removeXattr(of, name);
    }
  }

  holes(file: number, sizeBytes: number): number[] {
    return this.#inner.holes(file, sizeBytes);
  }

  punch(file: number, offset: number, length: number): void {
    this.#inner.punch(file, offset, length);
  }

  allocate(file: number, offset: number, length: number): void {
    this.#inner.allocate(file, offset, length);
  }

  /** From now on these are the file's flags: none of an earlier lift is put back. */
  setFlags(file: number, flags: number): void {
    this.#inner.setFlags(file, flags);
    if (this.#lifted.length === 0) return;
    this.#inner.stat(file, this.#stat);
    const { inode, device } = this.#stat;
    const at = this.#lifted.findIndex((lifted) => lifted.inode === inode && lifted.device === device);
    const [superseded] = at < 0 ? [] : this.#lifted.splice(at, 1);
    if (superseded !== undefined) this.#inner.close(superseded.file);
  }

  /** Lifts the flags of what the refused call was about; where none has any, the refusal stands. */
  #liftOrThrow(error: unknown, ...items: readonly FileOrName[]): void {
    if (!(error instanceof FileError) || error.code !== 'EPERM') throw error;
    let liftedOne = false;
    for (const item of items) if (this.#lift(item)) liftedOne = true;
    if (!liftedOne) throw error;
  }

  #lift(item: FileOrName): boolean {
    let file: number | null = null;
    try {
      file = this.#openFlagged(item);
      if (file === null) return false;
      const { inode, device, flags } = this.#stat;
      this.#inner.setFlags(file, 0);
      this.#lifted.push({ file, inode, device, flags });
      file = null;
    } catch (error) {
      // Not ours to lift: then the refusal that led here is the one to tell.
      if (!(error instanceof FileError)) throw error;
      return false;
    } finally {
      if (file !== null) this.#inner.close(file);
    }
    if (this.#lifted.length > LIFTED_MAX) this.#putBack(this.#lifted.shift() as Lifted);
    return true;
  }

  /** A descriptor of its own; null where it has no flags. Fills `#stat`. */
  #openFlagged(item: FileOrName): number | null {
    if (typeof item === 'number') {
      this.#inner.stat(item, this.#stat);
      const isFlaggedFolder = this.#stat.flags !== 0 && (this.#stat.mode & FILE_TYPE_MASK) === FILE_TYPE_FOLDER;
      return isFlaggedFolder ? this.#inner.openFolder(fromText(`/proc/self/fd/${item}`)) : null;
    }
    if (!this.#inner.statAt(item.folder, item.name, this.#stat) || this.#stat.flags === 0) return null;
    const type = this.#stat.mode & FILE_TYPE_MASK;
    if (type === FILE_TYPE_FOLDER) return this.#inner.openFolderAt(item.folder, item.name);
    if (type !== FILE_TYPE_REGULAR) return null;
    return this.#inner.openAt(item.folder, item.name, OPEN.readOnly | OPEN.nonBlocking | OPEN.noAccessTime);
  }

  #putBack({ file, flags }: Lifted): void {
    try {
      this.#inner.setFlags(file, flags);
      this.#inner.stat(file, this.#stat);
      this.#onRestored(this.#stat);
    } catch (error) {
      // The next check finds that it is missing.
      if (!(error instanceof FileError)) throw error;
    } finally {
      this.#inner.close(file);
    }
  }
}
