/** How a call says which file it is about: by an open file, by a folder and a name, or by a path. */
export type FileCallKind = 'file' | 'name' | 'path';

export interface FileCall {
  readonly name: string;
  readonly kind: FileCallKind;
}

type Numbers = Readonly<Record<string, number>>;

const FILE: readonly Numbers[] = [
  { read: 0, write: 1, close: 3, fstat: 5, pread: 17, pwrite: 18, flock: 73, fsync: 74, fdatasync: 75, ftruncate: 77 },
  { fchmod: 91, fchown: 93, fstatfs: 138, fsetxattr: 190, fgetxattr: 193, flistxattr: 196, fremovexattr: 199 },
  { getdents64: 217, fadvise64: 221, fallocate: 285, syncfs: 306, fcntl: 72 },
];
const NAME: readonly Numbers[] = [
  {
    openat: 257,
    mkdirat: 258,
    mknodat: 259,
    fchownat: 260,
    newfstatat: 262,
    unlinkat: 263,
    renameat: 264,
    linkat: 265,
  },
  { readlinkat: 267, fchmodat: 268, utimensat: 280, name_to_handle_at: 303, renameat2: 316, statx: 332 },
];
const PATH: readonly Numbers[] = [
  { open: 2, stat: 4, lstat: 6, truncate: 76, rename: 82, mkdir: 83, rmdir: 84, unlink: 87, readlink: 89, chmod: 90 },
  { statfs: 137, lsetxattr: 189, lgetxattr: 192, llistxattr: 195, lremovexattr: 198, access: 21 },
];
const FILE_ARM64: readonly Numbers[] = [
  { read: 63, write: 64, close: 57, fstat: 80, pread: 67, pwrite: 68, flock: 32, fsync: 82, fdatasync: 83 },
  { ftruncate: 46, fchmod: 52, fchown: 55, fstatfs: 44, fsetxattr: 7, fgetxattr: 10, flistxattr: 13 },
  { fremovexattr: 16, getdents64: 61, fadvise64: 223, fallocate: 47, syncfs: 267, fcntl: 25 },
];
const NAME_ARM64: readonly Numbers[] = [
  { openat: 56, mkdirat: 34, mknodat: 33, fchownat: 54, newfstatat: 79, unlinkat: 35, renameat: 38, linkat: 37 },
  { readlinkat: 78, fchmodat: 53, utimensat: 88, name_to_handle_at: 264, renameat2: 276, statx: 291 },
];
const PATH_ARM64: readonly Numbers[] = [
  { truncate: 45, statfs: 43, lsetxattr: 6, lgetxattr: 9, llistxattr: 12, lremovexattr: 15 },
];

/** Calls about files by their numbers on this architecture; none where it is another than these two. */
export function fileCalls(architecture: string): ReadonlyMap<number, FileCall> {
  if (architecture === 'x64') return byNumber({ file: FILE, name: NAME, path: PATH });
  if (architecture === 'arm64') return byNumber({ file: FILE_ARM64, name: NAME_ARM64, path: PATH_ARM64 });
  return new Map();
}

function byNumber(kinds: Readonly<Record<FileCallKind, readonly Numbers[]>>): ReadonlyMap<number, FileCall> {
  const calls = new Map<number, FileCall>();
  for (const [kind, tables] of Object.entries(kinds) as [FileCallKind, readonly Numbers[]][]) {
    for (const table of tables) for (const [name, number] of Object.entries(table)) calls.set(number, { name, kind });
  }
  return calls;
}
