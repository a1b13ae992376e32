import { constants, readlinkSync } from 'node:fs';

import { assert } from '../../kernel/assert.ts';
import { type ByteString, fromLatin1, toDisplay } from '../../kernel/byte-string.ts';
import type {
  DeviceNumber,
  FileOrName,
  Files,
  FileSystemFacts,
  FileTime,
  NameAt,
  NameSink,
  Owner,
  Stat,
} from '../../kernel/files.ts';
import { FILE_FLAG, FileError } from '../../kernel/files.ts';
import { OPEN } from '../../kernel/open-flags.ts';
import { errnoName } from '../native/errno.ts';
import { isShutDown, mountOf } from '../mounts/mounts.ts';
import { holesIn } from './file-holes.ts';
import { nativeComponent, nativePath } from './names.ts';
import { errno } from '../native/c-library.ts';
import * as native from '../native/native.ts';
import { deviceNumber, readStat, STATX_BYTES, STATX_MASK } from './stat-buffer.ts';
import { Xattrs } from './xattrs.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const AT_SYMLINK_FOLLOW = 0x400;
const AT_EMPTY_PATH = 0x1000;
const RENAME_NOREPLACE = 1;
const KEEP_SIZE = 1;
const PUNCH_HOLE = 2;
const UTIME_OMIT = 0x3ffffffe;
/** POSIX_FADV_DONTNEED */
const FORGET = 4;
/** FS_IOC_GETFLAGS and FS_IOC_SETFLAGS; what they take is an int, whatever their numbers say. */
const GET_FLAGS = 0x80086601;
const SET_FLAGS = 0x40086602;
const CARRIED_FLAGS = FILE_FLAG.immutable | FILE_FLAG.appendOnly;
const O_CLOEXEC = 0o2000000;
const ENOENT = 2;
const EPERM = 1;

const SAFE = constants.O_NOFOLLOW | O_CLOEXEC;
const FOLDER = OPEN.readOnly | constants.O_DIRECTORY | O_CLOEXEC | OPEN.noAccessTime;
/** O_TMPFILE: a bit of its own, and O_DIRECTORY so that old kernels refuse it. */
const UNNAMED = OPEN.readWrite | constants.O_DIRECTORY | 0o20000000 | O_CLOEXEC;
const MODE_BITS = 0o7777;

const LIST_BYTES = 64 * 1024;
/** struct statfs, and where the file system's id stands in it. */
const STATFS_BYTES = 120;
const STATFS_ID = 56;
const STATFS_FLAGS = 80;
/** ST_RDONLY */
const READ_ONLY = 1;
/** PATH_MAX: longer link targets don't exist. */
const LINK_BYTES_MAX = 4096;
/** Header of struct linux_dirent64 before its name. */
const ENTRY_HEADER_BYTES = 19;
const DOT = 0x2e;

/**
 * The file door by direct system calls on open folders. Any number may live in any threads; one
 * instance is for one thread, since it holds the buffers that the kernel fills.
 */
export class NodeFiles implements Files {
  readonly #statx = Buffer.from(new ArrayBuffer(STATX_BYTES));
  readonly #statxUnsigned = new Uint32Array(this.#statx.buffer);
  readonly #statxSigned = new Int32Array(this.#statx.buffer);
  readonly #times = Buffer.from(new ArrayBuffer(32));
  readonly #timesWords = new Int32Array(this.#times.buffer);
  readonly #flags = Buffer.alloc(8);
  readonly #xattrs = new Xattrs(failed);
  #entries: Buffer | null = null;
  #link: Buffer | null = null;
  #statfs: Buffer | null = null;
  /** Files without a name are given one by way of /proc. */
  #linksByPath = false;

  openFolder(path: ByteString): number {
    const file = openKeepingAccessTime(AT_FDCWD, nativePath(path), FOLDER, 0);
    return file >= 0 ? file : failedPath('open', path);
  }

  openFolderAt(folder: number, name: ByteString): number {
    const file = openKeepingAccessTime(folder, nativeComponent(name), FOLDER | constants.O_NOFOLLOW, 0);
    return file >= 0 ? file : failedName('open', folder, name);
  }

  list(folder: number): ByteString[] {
    const names: ByteString[] = [];
    this.listInto(folder, names);
    return names;
  }

  listInto(folder: number, into: NameSink): void {
    const buffer = (this.#entries ??= Buffer.allocUnsafeSlow(LIST_BYTES));
    if (native.lseek(folder, 0, 0) < 0) failedFile('lseek', folder);
    for (;;) {
      const length = native.getdents64(folder, buffer, LIST_BYTES);
      if (length < 0) failedFile('getdents64', folder);
      if (length === 0) return;
      collectNames(buffer, length, into);
    }
  }

  statAt(folder: number, name: ByteString, into: Stat): boolean {
    if (native.statx(folder, nativeComponent(name), AT_SYMLINK_NOFOLLOW, STATX_MASK, this.#statx) < 0) {
      return errno() === ENOENT ? false : failedName('statx', folder, name);
    }
    readStat(this.#statxUnsigned, this.#statxSigned, into);
    return true;
  }

  readLinkAt(folder: number, name: ByteString): ByteString {
    const buffer = (this.#link ??= Buffer.allocUnsafeSlow(LINK_BYTES_MAX));
    const length = native.readlinkat(folder, nativeComponent(name), buffer, LINK_BYTES_MAX);
    if (length < 0) failedName('readlinkat', folder, name);
    return fromLatin1(buffer.toString('latin1', 0, length));
  }

  openAt(folder: number, name: ByteString, flags: number, mode = 0): number {
    const file = openKeepingAccessTime(folder, nativeComponent(name), flags | SAFE, mode & MODE_BITS);
    return file >= 0 ? file : failedName('open', folder, name);
  }

  openUnnamed(folder: number, mode: number): number {
    const file = native.openat(folder, '.', UNNAMED, mode & MODE_BITS);
    return file >= 0 ? file : failedFile('open', folder);
  }

  nameFile(file: number, target: NameAt): void {
    const name = nativeComponent(target.name);
    if (!this.#linksByPath) {
      if (native.linkat(file, '', target.folder, name, AT_EMPTY_PATH) >= 0) return;
      // What it says where the right to link by descriptor is missing: CAP_DAC_READ_SEARCH (linkat(2)).
      if (errno() !== ENOENT) failedName('link', target.folder, target.name);
      this.#linksByPath = true;
    }
    const path = `/proc/self/fd/${file}`;
    if (native.linkat(AT_FDCWD, path, target.folder, name, AT_SYMLINK_FOLLOW) < 0) {
      failedName('link', target.folder, target.name);
    }
  }

  makeFolderAt(folder: number, name: ByteString, mode: number): void {
    if (native.mkdirat(folder, nativeComponent(name), mode & MODE_BITS) < 0) failedName('mkdir', folder, name);
  }

  symlinkAt(target: ByteString, folder: number, name: ByteString): void {
    if (native.symlinkat(nativePath(target), folder, nativeComponent(name)) < 0) failedName('symlink', folder, name);
  }

  makeNodeAt({ folder, name }: NameAt, mode: number, device: DeviceNumber): void {
    const number = deviceNumber(device.major, device.minor);
    if (native.mknodat(folder, nativeComponent(name), mode, number) < 0) failedName('mknod', folder, name);
  }

  linkAt(source: NameAt, target: NameAt): void {
    const from = nativeComponent(source.name);
    const to = nativeComponent(target.name);
    if (native.linkat(source.folder, from, target.folder, to, 0) < 0) failedName('link', target.folder, target.name);
  }

  renameAt(source: NameAt, target: NameAt): void {
    rename(source, target, 0);
  }

  renameNewAt(source: NameAt, target: NameAt): void {
    rename(source, target, RENAME_NOREPLACE);
  }

  unlinkAt(folder: number, name: ByteString): void {
    if (native.unlinkat(folder, nativeComponent(name), 0) < 0) failedName('unlink', folder, name);
  }

  removeFolderAt(folder: number, name: ByteString): void {
    if (native.unlinkat(folder, nativeComponent(name), AT_REMOVEDIR) < 0) failedName('rmdir', folder, name);
  }

  setModeAt(folder: number, name: ByteString, mode: number): void {
    const failed = native.fchmodat(folder, nativeComponent(name), mode & MODE_BITS, AT_SYMLINK_NOFOLLOW) < 0;
    if (failed) failedName('chmod', folder, name);
  }

  setOwnerAt(folder: number, name: ByteString, owner: Owner): void {
    const failed = native.fchownat(folder, nativeComponent(name), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) < 0;
    if (failed) failedName('chown', folder, name);
  }

  setMtimeAt(folder: number, name: ByteString, mtime: FileTime): void {
    const failed = native.utimensat(folder, nativeComponent(name), this.#fillTimes(mtime), AT_SYMLINK_NOFOLLOW) < 0;
    if (failed) failedName('utimens', folder, name);
  }

  stat(file: number, into: Stat): void {
    if (native.statx(file, '', AT_EMPTY_PATH, STATX_MASK, this.#statx) < 0) failedFile('statx', file);
    readStat(this.#statxUnsigned, this.#statxSigned, into);
  }

  fileSystem(file: number): FileSystemFacts {
    const buffer = (this.#statfs ??= Buffer.alloc(STATFS_BYTES));
    if (native.fstatfs(file, buffer) < 0) failedFile('fstatfs', file);
    const mount = mountOf(file);
    return {
      type: buffer.readUInt32LE(0),
      id: buffer.toString('hex', STATFS_ID, STATFS_ID + 8),
      isReadOnly: (buffer.readUInt32LE(STATFS_FLAGS) & READ_ONLY) !== 0 || isShutDown(mount),
      mount,
    };
  }

  read(file: number, into: Uint8Array, at: { offset: number; length: number; position: number }): number {
    const { offset, length } = at;
    assert(offset >= 0 && length >= 0 && offset + length <= into.byteLength, 'a read stays within its buffer');
    const target = offset === 0 ? into : into.subarray(offset, offset + length);
    const count = native.pread(file, target, length, at.position);
    return count >= 0 ? count : failedFile('pread', file);
  }

  write(file: number, data: Uint8Array, position: number): void {
    let done = 0;
    while (done < data.byteLength) {
      const rest = done === 0 ? data : data.subarray(done);
      const count = native.pwrite(file, rest, rest.byteLength, position + done);
      if (count < 0) failedFile('pwrite', file);
      assert(count > 0, 'a write that does not fail writes something');
      done += count;
    }
  }

  setSize(file: number, sizeBytes: number): void {
    if (native.ftruncate(file, sizeBytes) < 0) failedFile('ftruncate', file);
  }

  setMode(file: number, mode: number): void {
    if (native.fchmod(file, mode & MODE_BITS) < 0) failedFile('fchmod', file);
  }

  setOwner(file: number, owner: Owner): void {
    if (native.fchown(file, owner.uid, owner.gid) < 0) failedFile('fchown', file);
  }

  setMtime(file: number, mtime: FileTime): void {
    if (native.futimens(file, this.#fillTimes(mtime)) < 0) failedFile('futimens', file);
  }

  listXattrs(of: FileOrName): readonly ByteString[] {
    return this.#xattrs.list(of);
  }

  getXattr(of: FileOrName, name: ByteString): ByteString | null {
    return this.#xattrs.get(of, name);
  }

  setXattr(of: FileOrName, name: ByteString, value: ByteString): void {
    this.#xattrs.set(of, name, value);
  }

  removeXattr(of: FileOrName, name: ByteString): void {
    this.#xattrs.remove(of, name);
  }

  setFlags(file: number, flags: number): void {
    if (native.ioctlInto(file, GET_FLAGS, this.#flags) < 0) failedFile('chattr', file);
    this.#flags.writeUInt32LE(((this.#flags.readUInt32LE() & ~CARRIED_FLAGS) | flags) >>> 0);
    if (native.ioctlInto(file, SET_FLAGS, this.#flags) < 0) failedFile('chattr', file);
  }

  holes(file: number, sizeBytes: number): number[] {
    return holesIn(file, sizeBytes);
  }

  punch(file: number, offset: number, length: number): void {
    if (native.fallocate(file, KEEP_SIZE | PUNCH_HOLE, offset, length) < 0) failedFile('fallocate', file);
  }

  allocate(file: number, offset: number, length: number): void {
    if (native.fallocate(file, KEEP_SIZE, offset, length) < 0) failedFile('fallocate', file);
  }

  syncData(file: number): void {
    if (native.fdatasync(file) < 0) failedFile('fdatasync', file);
  }

  sync(file: number): void {
    if (native.fsync(file) < 0) failedFile('fsync', file);
  }

  forgetCached(file: number): void {
    native.posix_fadvise(file, 0, 0, FORGET);
  }

  syncFileSystem(file: number): void {
    if (native.syncfs(file) < 0) failedFile('syncfs', file);
  }

  close(file: number): void {
    if (native.close(file) < 0) failedFile('close', file);
  }

  /** Two struct timespec: the access time stays, then the given time. */
  #fillTimes(mtime: FileTime): Uint8Array {
    const words = this.#timesWords;
    words[2] = UTIME_OMIT;
    words[4] = mtime.seconds | 0;
    words[5] = Math.floor(mtime.seconds / 2 ** 32);
    words[6] = mtime.nanoseconds;
    return this.#times;
  }
}

function openKeepingAccessTime(folder: number, name: native.NativeName, flags: number, mode: number): number {
  const file = native.openat(folder, name, flags, mode);
  if (file >= 0 || (flags & OPEN.noAccessTime) === 0 || errno() !== EPERM) return file;
  return native.openat(folder, name, flags & ~OPEN.noAccessTime, mode);
}

function rename(source: NameAt, target: NameAt, flags: number): void {
  const from = nativeComponent(source.name);
  const to = nativeComponent(target.name);
  if (native.renameat2(source.folder, from, target.folder, to, flags) < 0) {
    failedName('rename', source.folder, source.name);
  }
}

function collectNames(buffer: Buffer, length: number, into: NameSink): void {
  let at = 0;
  while (at < length) {
    const next = at + buffer.readUInt16LE(at + 16);
    const start = at + ENTRY_HEADER_BYTES;
    // Entries are padded to eight bytes, so the NUL is among the last eight.
    let end = Math.max(start, next - 8);
    while (buffer[end] !== 0) end++;
    const isDots = buffer[start] === DOT && (end === start + 1 || (end === start + 2 && buffer[start + 1] === DOT));
    if (!isDots) into.push(fromLatin1(buffer.toString('latin1', start, end)));
    at = next;
  }
}

function failedPath(call: string, path: ByteString): never {
  throw new FileError({ code: errnoName(errno()), call, path: toDisplay(path) });
}

function failed(call: string, of: FileOrName): never {
  return typeof of === 'number' ? failedFile(call, of) : failedName(call, of.folder, of.name);
}

function failedFile(call: string, file: number): never {
  const code = errnoName(errno());
  throw new FileError({ code, call, path: pathOf(file) });
}

function failedName(call: string, folder: number, name: ByteString): never {
  const code = errnoName(errno());
  throw new FileError({ code, call, path: `${pathOf(folder)}/${toDisplay(name)}` });
}

/** The path of an open file as the kernel knows it now, for messages. */
function pathOf(file: number): string {
  try {
    return toDisplay(fromLatin1(readlinkSync(`/proc/self/fd/${file}`, { encoding: 'latin1' })));
  } catch (error) {
    return `file ${file} (${(error as NodeJS.ErrnoException).code})`;
  }
}
