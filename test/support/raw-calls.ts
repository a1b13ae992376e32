import fs from 'node:fs';
import { errno, libraryCall } from '../../src/system/native/c-library.ts';
import { errnoName } from '../../src/system/native/errno.ts';

/*
 * System calls that node:fs lacks, for tests that play the application and for the manifest: declared
 * here once more, so that a mistake in the product's own declarations does not hide itself.
 */

const llistxattr = libraryCall('int64_t llistxattr(const void *, void *, size_t)');
const lgetxattr = libraryCall('int64_t lgetxattr(const void *, const void *, void *, size_t)');
const lsetxattr = libraryCall('int lsetxattr(const void *, const void *, const void *, size_t, int)');
const lremovexattr = libraryCall('int lremovexattr(const void *, const void *)');
const mknodCall = libraryCall('int mknod(const void *, uint32_t, uint64_t)');
const lseek = libraryCall('int64_t lseek(int, int64_t, int)');
const fallocate = libraryCall('int fallocate(int, int, int64_t, int64_t)');
const ioctl = libraryCall('int ioctl(int, unsigned long, void *)');

const GET_FLAGS = 0x80086601;
const SET_FLAGS = 0x40086602;
const BYTES_MAX = 64 * 1024;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const KEEP_SIZE = 1;
const PUNCH_HOLE = 2;
const BLOCK_BYTES = 4096;

export const FLAG = { immutable: 0x10, appendOnly: 0x20 } as const;
export const NODE = { fifo: 0o010000, characterDevice: 0o020000, blockDevice: 0o060000 } as const;

type Path = Buffer | string;

/** A part of a file, in bytes. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** What a call fills; of use until the next one. A new one for each of a million files took most of the time of their manifest. */
const scratch = Buffer.alloc(BYTES_MAX);

/** Every extended attribute by name, sorted. Links are not followed. */
export function xattrsOf(path: Path): Map<string, Buffer> {
  const length = Number(llistxattr(native(path), scratch, BYTES_MAX));
  if (length < 0 && errnoName(errno()) !== 'EOPNOTSUPP') throw failure('llistxattr', path);
  const names = length <= 0 ? [] : scratch.toString('latin1', 0, length - 1).split('\0');
  return new Map(names.sort().map((name) => [name, getXattr(path, name)]));
}

export function setXattr(path: Path, name: string, value: Buffer | string): void {
  const bytes = Buffer.from(value);
  if (lsetxattr(native(path), bytesOf(name), bytes, bytes.length, 0) < 0) throw failure(`lsetxattr ${name}`, path);
}

export function removeXattr(path: Path, name: string): void {
  if (lremovexattr(native(path), bytesOf(name)) < 0) throw failure(`lremovexattr ${name}`, path);
}

/** @param type - one of {@link NODE}. */
export function makeNode(path: Path, type: number, device: { major: number; minor: number }): void {
  const number = ((device.major & 0xfff) << 8) | (device.minor & 0xff) | ((device.minor & 0xfff00) << 12);
  if (mknodCall(native(path), type | 0o640, number >>> 0) < 0) throw failure('mknod', path);
}

/** Bits of {@link FLAG}; 0 where the file system has none. */
export function flagsOf(path: Path): number {
  return onOpen(path, flagsOfOpen);
}

/** The same of an open file or folder. */
export function flagsOfOpen(file: number): number {
  return ioctl(file, GET_FLAGS, scratch) < 0 ? 0 : scratch.readUInt32LE() & (FLAG.immutable | FLAG.appendOnly);
}

export function setFlags(path: Path, wanted: number): void {
  onOpen(path, (file) => setFlagsOpen(file, wanted));
}

export function setFlagsOpen(file: number, wanted: number): void {
  const flags = Buffer.alloc(8);
  if (ioctl(file, GET_FLAGS, flags) < 0) throw failure('ioctl', String(file));
  flags.writeUInt32LE(((flags.readUInt32LE() & ~(FLAG.immutable | FLAG.appendOnly)) | wanted) >>> 0);
  if (ioctl(file, SET_FLAGS, flags) < 0) throw failure('ioctl', String(file));
}

/** `from-to` of each hole in blocks of 4 KiB, in order. Space that was reserved and never written counts as one. */
export function holesOf(file: number, sizeBytes: number): string {
  const holes: string[] = [];
  for (const { from: hole, to: end } of spansOf(file, sizeBytes)) {
    const from = Math.ceil(hole / BLOCK_BYTES);
    const to = end >= sizeBytes ? Math.ceil(sizeBytes / BLOCK_BYTES) : Math.floor(end / BLOCK_BYTES);
    if (to > from) holes.push(`${from}-${to}`);
  }
  return holes.join(' ');
}

/** Bytes from and up to which a file has holes that are longer than `longBytes`, in whole multiples of that. */
export function longHolesOf(file: number, sizeBytes: number, longBytes: number): Span[] {
  return spansOf(file, sizeBytes)
    .map(({ from, to }) => ({
      from: Math.ceil(from / longBytes) * longBytes,
      to: Math.floor(to / longBytes) * longBytes,
    }))
    .filter(({ from, to }) => to > from);
}

function spansOf(file: number, sizeBytes: number): Span[] {
  const spans: Span[] = [];
  for (let at = 0; at < sizeBytes; ) {
    const from = Number(lseek(file, at, SEEK_HOLE));
    if (from < 0 || from >= sizeBytes) break;
    const data = Number(lseek(file, from, SEEK_DATA));
    at = data < 0 ? sizeBytes : data;
    spans.push({ from, to: at });
  }
  return spans;
}

export function punchHole(file: number, offset: number, length: number): void {
  if (fallocate(file, KEEP_SIZE | PUNCH_HOLE, offset, length) < 0) throw failure('fallocate', String(file));
}

/** An access control list as its attribute holds it (linux/posix_acl_xattr.h). */
export function aclValue(entries: readonly { tag: number; permissions: number; id?: number }[]): Buffer {
  const value = Buffer.alloc(4 + 8 * entries.length);
  value.writeUInt32LE(2, 0);
  entries.forEach(({ tag, permissions, id }, index) => {
    value.writeUInt16LE(tag, 4 + 8 * index);
    value.writeUInt16LE(permissions, 6 + 8 * index);
    value.writeUInt32LE(id ?? 0xffffffff, 8 + 8 * index);
  });
  return value;
}

/** One user more may do what `permissions` say. */
export function aclFor(user: number, permissions: number): Buffer {
  return aclValue([
    { tag: 0x01, permissions: 6 },
    { tag: 0x02, permissions, id: user },
    { tag: 0x04, permissions: 4 },
    { tag: 0x10, permissions: 6 },
    { tag: 0x20, permissions: 0 },
  ]);
}

/** CAP_NET_BIND_SERVICE, permitted and effective (struct vfs_cap_data, version 2). */
export function capability(bit = 10): Buffer {
  const value = Buffer.alloc(20);
  value.writeUInt32LE(0x0200_0001, 0);
  value.writeUInt32LE((1 << bit) >>> 0, 4);
  return value;
}

function getXattr(path: Path, name: string): Buffer {
  const length = Number(lgetxattr(native(path), bytesOf(name), scratch, BYTES_MAX));
  if (length < 0) throw failure(`lgetxattr ${name}`, path);
  return Buffer.from(scratch.subarray(0, length));
}

/** Links are not followed, and nothing is waited for. */
export function onOpen<T>(path: Path, act: (file: number) => T): T {
  const file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW);
  try {
    return act(file);
  } finally {
    fs.closeSync(file);
  }
}

function native(path: Path): Buffer {
  return Buffer.concat([Buffer.from(path), Buffer.of(0)]);
}

/** Names have one byte in each character. */
function bytesOf(name: string): Buffer {
  return Buffer.from(`${name}\0`, 'latin1');
}

function failure(call: string, path: Path): NodeJS.ErrnoException {
  const code = errnoName(errno());
  return Object.assign(new Error(`${call} ${String(path)}: ${code}`), { code });
}
