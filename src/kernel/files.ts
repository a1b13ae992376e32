import type { ByteString } from './byte-string.ts';

/**
 * The part of a file's status that replication needs. One object is filled again and again, so that
 * looking at a file allocates nothing.
 */
export class Stat {
  device = 0;
  /** Exact up to 2^53; file systems that go beyond are refused at start. */
  inode = 0;
  mode = 0;
  linkCount = 0;
  uid = 0;
  gid = 0;
  sizeBytes = 0;
  /** May be negative: times before 1970. */
  mtimeSeconds = 0;
  mtimeNanoseconds = 0;
  ctimeSeconds = 0;
  ctimeNanoseconds = 0;
  /** When the file was made: with the inode number it names one file for good. Zero where the file system does not tell. */
  birthSeconds = 0;
  birthNanoseconds = 0;
  /** Which device a device node stands for; zero for anything else. */
  deviceMajor = 0;
  deviceMinor = 0;
  /** Space taken on the disk: less than the size where the file has holes. */
  allocatedBytes = 0;
  /** Bits of {@link FILE_FLAG}. */
  flags = 0;
  /** Flags and extended attributes, packed (changes/extended.ts). Null until somebody looks for them. */
  extended: ByteString | null = null;
}

/** Flags of chattr(1) that are carried; their bits are the same for statx(2) and ioctl(2). */
export const FILE_FLAG = {
  immutable: 0x10,
  appendOnly: 0x20,
} as const;

export const FILE_TYPE_MASK = 0o170000;
export const FILE_TYPE_REGULAR = 0o100000;
export const FILE_TYPE_FOLDER = 0o040000;
export const FILE_TYPE_SYMLINK = 0o120000;
export const FILE_TYPE_FIFO = 0o010000;
export const FILE_TYPE_CHARACTER_DEVICE = 0o020000;
export const FILE_TYPE_BLOCK_DEVICE = 0o060000;

/**
 * Besides a missing name: a link (ELOOP, or ENOTDIR where a folder was asked for), a socket or a device without a
 * driver (ENXIO, ENODEV) where something else was expected, and a handle that leads nowhere any more (ESTALE).
 */
const ABSENCE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENODEV', 'ESTALE']);

/** A failed system call. `code` is the kernel's own word (`ENOENT`, `EACCES`, …). */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly code: string;
  readonly call: string;
  readonly path: string;
  constructor(options: { code: string; call: string; path: string }) {
    super(`${options.call} ${options.path}: ${options.code}`);
    this.code = options.code;
    this.call = options.call;
    this.path = options.path;
  }

  /** Nothing has the name, or nothing of the kind that was asked for; or what was open is no more. */
  get isAbsence(): boolean {
    return ABSENCE.has(this.code);
  }

  /** The file system is full, or a quota is used up. */
  get isNoSpace(): boolean {
    return this.code === 'ENOSPC' || this.code === 'EDQUOT';
  }
}

/** Did a call fail because what it is about is not there ({@link FileError.isAbsence})? */
export function isAbsence(error: unknown): boolean {
  return error instanceof FileError && error.isAbsence;
}

/** Takes names, one by one. */
export interface NameSink {
  push(name: ByteString): unknown;
}

/**
 * A name inside an open folder. Nothing here follows a symbolic link in its last component, and
 * `name` is one component (no `/`), so what lies on disk can't lead an operation elsewhere.
 */
export interface FolderFiles {
  /** Opens a folder named by an absolute path, following links. */
  openFolder(path: ByteString): number;
  /** Opens a folder inside a folder; `ENOTDIR` or `ELOOP` where something else has the name. */
  openFolderAt(folder: number, name: ByteString): number;
  /** Names in the folder, unsorted, without `.` and `..`. */
  list(folder: number): ByteString[];
  /** The same, a name at a time, for folders that may hold very many. Until it returns the folder must not be listed otherwise. */
  listInto(folder: number, into: NameSink): void;
  /** Fills `into`; false where nothing has the name. */
  statAt(folder: number, name: ByteString, into: Stat): boolean;
  readLinkAt(folder: number, name: ByteString): ByteString;
  /** `flags` as in open(2); `O_NOFOLLOW | O_CLOEXEC` are always added. */
  openAt(folder: number, name: ByteString, flags: number, mode?: number): number;
  /**
   * A new file on the folder's file system that has no name and is gone when it is closed (O_TMPFILE of
   * open(2)), open for reading and writing. `EOPNOTSUPP` or `EISDIR` where the file system or the kernel has none.
   */
  openUnnamed(folder: number, mode: number): number;
  /** Gives a file from {@link openUnnamed} a name; `EEXIST` where something has it. */
  nameFile(file: number, target: NameAt): void;
  makeFolderAt(folder: number, name: ByteString, mode: number): void;
  symlinkAt(target: ByteString, folder: number, name: ByteString): void;
  /** A FIFO or a device. @param mode - with the type. */
  makeNodeAt(at: NameAt, mode: number, device: DeviceNumber): void;
  linkAt(source: NameAt, target: NameAt): void;
  renameAt(source: NameAt, target: NameAt): void;
  /** As rename, but `EEXIST` where the target exists (renameat2 with RENAME_NOREPLACE). */
  renameNewAt(source: NameAt, target: NameAt): void;
  unlinkAt(folder: number, name: ByteString): void;
  removeFolderAt(folder: number, name: ByteString): void;
  /** The entry's own mode; a symbolic link has none to set. */
  setModeAt(folder: number, name: ByteString, mode: number): void;
  setOwnerAt(folder: number, name: ByteString, owner: Owner): void;
  setMtimeAt(folder: number, name: ByteString, mtime: FileTime): void;
}

/** What tells one file system from another, over restarts of the machine too. */
export interface FileSystemFacts {
  /** As statfs(2) numbers its kinds. */
  readonly type: number;
  /** In hexadecimal digits; all zeros where the file system has none. */
  readonly id: string;
  /** Mounted so, or made so by the kernel when the disk failed. */
  readonly isReadOnly: boolean;
  /** Tells one mount from another, also of the same file system; of this run of the machine. */
  readonly mount: string;
}

/** Operations on an open file. */
export interface OpenFiles {
  stat(file: number, into: Stat): void;
  /** Of the file system that holds the file. */
  fileSystem(file: number): FileSystemFacts;
  /** Reads at most `length` bytes; 0 at the end of the file. */
  read(file: number, into: Uint8Array, at: { offset: number; length: number; position: number }): number;
  /** Writes all of `data` at `position`. */
  write(file: number, data: Uint8Array, position: number): void;
  setSize(file: number, sizeBytes: number): void;
  setMode(file: number, mode: number): void;
  setOwner(file: number, owner: Owner): void;
  setMtime(file: number, mtime: FileTime): void;
  /** fdatasync(2). A failure means that what was written may be gone: never call again and assume. */
  syncData(file: number): void;
  /** fsync(2); on a folder it makes its names durable. */
  sync(file: number): void;
  /** The kernel forgets what it holds of the file and has written: who reads it next is told what the disk has. */
  forgetCached(file: number): void;
  /** syncfs(2): everything written to the file system that holds `file` is durable on return. */
  syncFileSystem(file: number): void;
  close(file: number): void;
}

/**
 * What files carry beyond content and status. By name, a symbolic link in the last component is not
 * followed, and no right to read is needed but for values of `user.`.
 */
export interface ExtendedFiles extends Pick<FolderFiles, 'openAt'>, Pick<OpenFiles, 'close'> {
  /** Names of the extended attributes, unsorted; none where the file system has no such thing. */
  listXattrs(of: FileOrName): readonly ByteString[];
  /** One byte in each character; null where there is none of that name. */
  getXattr(of: FileOrName, name: ByteString): ByteString | null;
  setXattr(of: FileOrName, name: ByteString, value: ByteString): void;
  removeXattr(of: FileOrName, name: ByteString): void;
  /** Sets and takes away the flags of {@link FILE_FLAG}; the file's other flags stay. */
  setFlags(file: number, flags: number): void;
  /**
   * Where a file takes no space on the disk: offsets at which holes begin and end, in turn (SEEK_HOLE of
   * lseek(2)). Space that was reserved and never written counts as a hole. None where the file system can't tell.
   */
  holes(file: number, sizeBytes: number): number[];
  /** Gives the space back; the range reads as zeros. `EOPNOTSUPP` where the file system has no holes. */
  punch(file: number, offset: number, length: number): void;
  /** Takes space for a range; what is there stays, and the size. */
  allocate(file: number, offset: number, length: number): void;
}

/** All of the file door. Every call blocks: use it in a worker, never on the daemon's event loop. */
export type Files = FolderFiles & OpenFiles & ExtendedFiles;

/** An open file, or a name in an open folder. */
export type FileOrName = number | NameAt;

export interface NameAt {
  readonly folder: number;
  readonly name: ByteString;
}
export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}
export interface FileTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}
