import { errnoOfPool, type LibraryCall, libraryCall, setErrno } from './c-library.ts';
import { end, type Faults, faults, pathOfDescriptor } from './faults.ts';

/*
 * The functions of the C library that Node doesn't offer, or offers only with a path instead of an
 * open folder. This file alone knows how they are called. A failure is -1 and errno(), as in the manual
 * pages (sections 2 and 3); nothing here throws for one.
 */

/** A function of the C library by its prototype; for files like this one. */
export function declare<Signature>(prototype: string): Signature {
  const call = libraryCall(prototype);
  const name = /(\w+)\(/.exec(prototype)?.[1] ?? prototype;
  return (faults === null ? call : failing(faults, name, call)) as Signature;
}

/** For tests (faults.ts): fails where it is ordered to. */
function failing(orders: Faults, name: string, call: LibraryCall): LibraryCall {
  const failed = (code: number): -1 => {
    setErrno(code);
    return -1;
  };
  const failingLater = (...args: readonly unknown[]): void => {
    const [done, ...values] = [args.at(-1) as Done, ...args.slice(0, -1)];
    const later = async (): Promise<void> => {
      const code = await orders.meetLater(name, () => pathsOf(name, values));
      if (code === 0) call.async(...args);
      else done(null, failed(code));
    };
    void later();
  };
  const failingNow = (...args: readonly unknown[]): number => {
    const paths = (): readonly string[] => pathsOf(name, args);
    const code = orders.meet(name, paths);
    if (code !== 0) return failed(code);
    const isLast = orders.endsBehind(name, paths);
    const outcome = call(...args);
    return isLast ? end() : outcome;
  };
  return Object.assign(failingNow, { async: failingLater });
}

/** Where a call takes a name in a folder: the places of both among its arguments. A path alone has no folder. */
const NAMES: Readonly<Record<string, readonly (readonly [folder: number | null, name: number])[]>> = {
  ...Object.fromEntries(
    ['openat', 'statx', 'mkdirat', 'unlinkat', 'mknodat', 'readlinkat', 'fchmodat', 'fchownat', 'utimensat'].map(
      (name) => [name, [[0, 1]]],
    ),
  ),
  renameat2: [
    [0, 1],
    [2, 3],
  ],
  linkat: [
    [0, 1],
    [2, 3],
  ],
  symlinkat: [[1, 2]],
  name_to_handle_at: [[0, 1]],
  fanotify_mark: [[3, 4]],
  ...Object.fromEntries(['llistxattr', 'lgetxattr', 'lsetxattr', 'lremovexattr'].map((name) => [name, [[null, 0]]])),
  inotify_add_watch: [[null, 1]],
};

function pathsOf(call: string, args: readonly unknown[]): readonly string[] {
  const names = NAMES[call];
  if (names === undefined) return [typeof args[0] === 'number' ? pathOfDescriptor(args[0]) : ''];
  return names.map(([folder, name]) => {
    const text = nameOf(args[name]);
    if (folder === null || text.startsWith('/')) return text;
    return text === ''
      ? pathOfDescriptor(args[folder] as number)
      : `${pathOfDescriptor(args[folder] as number)}/${text}`;
  });
}

/** A name is a string, or bytes that end in NUL. */
function nameOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1').replace(/\0.*$/s, '') : '';
}

type Done = (error: Error | null, result: number) => void;

function asynchronous(call: (file: number) => number): (file: number, done: Done) => void {
  return (call as unknown as { async: (file: number, done: Done) => void }).async;
}

/** A name as the C library takes it: an ASCII string without NUL, or bytes that end in NUL. */
export type NativeName = string | Buffer;

export const openat = declare<(folder: number, name: NativeName, flags: number, mode: number) => number>(
  'int openat(int, const void *, int, uint32_t)',
);
/**
 * Node's own close warns in a worker about descriptors that Node did not open, so whatever is opened
 * here is closed here.
 */
export const close = declare<(file: number) => number>('int close(int)');
export const read = declare<(file: number, into: Uint8Array, length: number) => number>(
  'int64_t read(int, void *, size_t)',
);
export const write = declare<(file: number, data: Uint8Array, length: number) => number>(
  'int64_t write(int, const void *, size_t)',
);
export const pread = declare<(file: number, into: Uint8Array, length: number, position: number) => number>(
  'int64_t pread(int, void *, size_t, int64_t)',
);
export const pwrite = declare<(file: number, data: Uint8Array, length: number, position: number) => number>(
  'int64_t pwrite(int, const void *, size_t, int64_t)',
);
export const lseek = declare<(file: number, offset: number, whence: number) => number>(
  'int64_t lseek(int, int64_t, int)',
);
export const getdents64 = declare<(folder: number, into: Uint8Array, length: number) => number>(
  'int64_t getdents64(int, void *, size_t)',
);
export const statx = declare<
  (folder: number, name: NativeName, flags: number, mask: number, into: Uint8Array) => number
>('int statx(int, const void *, int, uint32_t, void *)');

export const mkdirat = declare<(folder: number, name: NativeName, mode: number) => number>(
  'int mkdirat(int, const void *, uint32_t)',
);
export const unlinkat = declare<(folder: number, name: NativeName, flags: number) => number>(
  'int unlinkat(int, const void *, int)',
);
export const renameat2 = declare<
  (folder: number, name: NativeName, newFolder: number, newName: NativeName, flags: number) => number
>('int renameat2(int, const void *, int, const void *, uint32_t)');
export const linkat = declare<
  (folder: number, name: NativeName, newFolder: number, newName: NativeName, flags: number) => number
>('int linkat(int, const void *, int, const void *, int)');
/** `device` as makedev(3) makes it. */
export const mknodat = declare<(folder: number, name: NativeName, mode: number, device: number) => number>(
  'int mknodat(int, const void *, uint32_t, uint64_t)',
);
export const symlinkat = declare<(target: NativeName, folder: number, name: NativeName) => number>(
  'int symlinkat(const void *, int, const void *)',
);
export const readlinkat = declare<(folder: number, name: NativeName, into: Uint8Array, length: number) => number>(
  'int64_t readlinkat(int, const void *, void *, size_t)',
);
export const fchmodat = declare<(folder: number, name: NativeName, mode: number, flags: number) => number>(
  'int fchmodat(int, const void *, uint32_t, int)',
);
export const fchownat = declare<(folder: number, name: NativeName, uid: number, gid: number, flags: number) => number>(
  'int fchownat(int, const void *, uint32_t, uint32_t, int)',
);
export const utimensat = declare<(folder: number, name: NativeName, times: Uint8Array, flags: number) => number>(
  'int utimensat(int, const void *, const void *, int)',
);

export const fchmod = declare<(file: number, mode: number) => number>('int fchmod(int, uint32_t)');
export const fchown = declare<(file: number, uid: number, gid: number) => number>(
  'int fchown(int, uint32_t, uint32_t)',
);
export const futimens = declare<(file: number, times: Uint8Array) => number>('int futimens(int, const void *)');
export const ftruncate = declare<(file: number, sizeBytes: number) => number>('int ftruncate(int, int64_t)');
export const fdatasync = declare<(file: number) => number>('int fdatasync(int)');
export const fsync = declare<(file: number) => number>('int fsync(int)');
/** Returns the number of an error itself. */
export const posix_fadvise = declare<(file: number, offset: number, length: number, advice: number) => number>(
  'int posix_fadvise(int, int64_t, int64_t, int)',
);
export const syncfs = declare<(file: number) => number>('int syncfs(int)');
/** As {@link syncfs}, on a thread of the pool. @returns 0, or the code of the failure. */
export function syncfsLater(file: number): Promise<number> {
  return new Promise((resolve, reject) => {
    asynchronous(syncfs)(file, (error, result) => {
      if (error !== null) reject(error);
      else resolve(result < 0 ? errnoOfPool() : 0);
    });
  });
}
/** Extended attributes of an open file; those with `l` of a path, whose last component is not followed. */
export const flistxattr = declare<(file: number, into: Uint8Array, length: number) => number>(
  'int64_t flistxattr(int, void *, size_t)',
);
export const llistxattr = declare<(path: NativeName, into: Uint8Array, length: number) => number>(
  'int64_t llistxattr(const void *, void *, size_t)',
);
/** Of a name in an open folder, from Linux 6.13 on (ENOSYS before); `number` is 465 on every architecture. */
export const listxattrat = declare<
  (number: number, folder: number, name: NativeName, flags: number, into: Uint8Array, length: number) => number
>('int64_t syscall(int64_t, int, const void *, uint32_t, void *, size_t)');
export const fgetxattr = declare<(file: number, name: NativeName, into: Uint8Array, length: number) => number>(
  'int64_t fgetxattr(int, const void *, void *, size_t)',
);
export const lgetxattr = declare<(path: NativeName, name: NativeName, into: Uint8Array, length: number) => number>(
  'int64_t lgetxattr(const void *, const void *, void *, size_t)',
);
export const fsetxattr = declare<
  (file: number, name: NativeName, value: Uint8Array, length: number, flags: number) => number
>('int fsetxattr(int, const void *, const void *, size_t, int)');
export const lsetxattr = declare<
  (path: NativeName, name: NativeName, value: Uint8Array, length: number, flags: number) => number
>('int lsetxattr(const void *, const void *, const void *, size_t, int)');
export const fremovexattr = declare<(file: number, name: NativeName) => number>('int fremovexattr(int, const void *)');
export const lremovexattr = declare<(path: NativeName, name: NativeName) => number>(
  'int lremovexattr(const void *, const void *)',
);
/** By the address, for the range must begin with a page. */
export const madvise = declare<(address: bigint, length: bigint, advice: number) => number>(
  'int madvise(uintptr_t, size_t, int)',
);
export const fallocate = declare<(file: number, mode: number, offset: number, length: number) => number>(
  'int fallocate(int, int, int64_t, int64_t)',
);
export const mallocTrim = declare<(padBytes: number) => number>('int malloc_trim(size_t)');
export const mallopt = declare<(parameter: number, value: number) => number>('int mallopt(int, int)');
export const flock = declare<(file: number, operation: number) => number>('int flock(int, int)');
/** Commands whose argument is a number. */
export const fcntl = declare<(file: number, command: number, value: number) => number>('int fcntl(int, int, int)');
/** ioctl that fills four bytes, such as FIONREAD. */
export const ioctlInto = declare<(file: number, request: number, into: Uint8Array) => number>(
  'int ioctl(int, unsigned long, void *)',
);

/** `handle` is a struct file_handle with its capacity filled in; `mountId` takes four bytes. */
export const name_to_handle_at = declare<
  (folder: number, name: NativeName, handle: Uint8Array, mountId: Uint8Array, flags: number) => number
>('int name_to_handle_at(int, const void *, void *, void *, int)');
/** Fills 120 bytes; the file system's id is eight bytes at offset 56. */
export const fstatfs = declare<(file: number, into: Uint8Array) => number>('int fstatfs(int, void *)');

export const fanotify_init = declare<(flags: number, eventFlags: number) => number>(
  'int fanotify_init(uint32_t, uint32_t)',
);
export const fanotify_mark = declare<
  (queue: number, flags: number, mask: number, folder: number, name: NativeName | null) => number
>('int fanotify_mark(int, uint32_t, uint64_t, int, const void *)');
export const inotify_init1 = declare<(flags: number) => number>('int inotify_init1(int)');
export const inotify_add_watch = declare<(queue: number, path: NativeName, mask: number) => number>(
  'int inotify_add_watch(int, const void *, uint32_t)',
);
export const inotify_rm_watch = declare<(queue: number, watch: number) => number>('int inotify_rm_watch(int, int)');

/** `descriptors` is an array of struct pollfd. */
export const poll = declare<(descriptors: Uint8Array, count: number, timeoutMs: number) => number>(
  'int poll(void *, unsigned long, int)',
);
export const eventfd = declare<(start: number, flags: number) => number>('int eventfd(uint32_t, int)');

/** Of another process (Linux 5.3 and 5.6): `number` is 434 for pidfd_open(2), 438 for pidfd_getfd(2) everywhere. */
export const pidfdOpen = declare<(number: number, processId: number, flags: number) => number>(
  'int64_t syscall(int64_t, int, uint32_t)',
);
export const pidfdGetfd = declare<(number: number, process: number, descriptor: number, flags: number) => number>(
  'int64_t syscall(int64_t, int, int, uint32_t)',
);

export const memfd_create = declare<(name: string, flags: number) => number>(
  'int memfd_create(const char *, uint32_t)',
);
/** A failure is an address beyond every other. */
export const mmap = declare<
  (at: number, length: number, protection: number, flags: number, file: number, offset: number) => number
>('uintptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)');
/** `number` is 202 on x64, 98 on arm64; `timeout` a struct timespec. */
export const futex = declare<
  (number: number, word: number, operation: number, value: number, timeout: Uint8Array | null) => number
>('int64_t syscall(int64_t, uintptr_t, int, int32_t, void *)');

export const umount2 = declare<(target: NativeName, flags: number) => number>('int umount2(const void *, int)');
/*
 * Mounting in steps (Linux 5.2), by numbers that are the same on every architecture: 428 for open_tree(2),
 * 429 for move_mount(2), 430 for fsopen(2), 431 for fsconfig(2), 432 for fsmount(2).
 */
export const openTree = declare<(number: number, folder: number, name: NativeName, flags: number) => number>(
  'int64_t syscall(int64_t, int, const void *, uint32_t)',
);
export const moveMount = declare<
  (number: number, from: number, name: NativeName, to: number, newName: NativeName, flags: number) => number
>('int64_t syscall(int64_t, int, const void *, int, const void *, uint32_t)');
export const fsopen = declare<(number: number, type: string, flags: number) => number>(
  'int64_t syscall(int64_t, const char *, uint32_t)',
);
export const fsconfig = declare<
  (number: number, context: number, command: number, key: string | null, value: string | null, extra: number) => number
>('int64_t syscall(int64_t, int, uint32_t, const char *, const char *, int)');
export const fsmount = declare<(number: number, context: number, flags: number, attributes: number) => number>(
  'int64_t syscall(int64_t, int, uint32_t, uint32_t)',
);
