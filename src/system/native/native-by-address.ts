import { declare } from './native.ts';

/*
 * Functions of the C library as native.ts has them, for callers that know where in memory names and buffers
 * lie: an address is a number, which costs nothing to hand over. Failures are -1 and errno().
 */

export const read = declare<(file: number, into: number, length: number) => number>(
  'int64_t read(int, uintptr_t, size_t)',
);
export const write = declare<(file: number, from: number, length: number) => number>(
  'int64_t write(int, uintptr_t, size_t)',
);
export const pread = declare<(file: number, into: number, length: number, position: number) => number>(
  'int64_t pread(int, uintptr_t, size_t, int64_t)',
);
export const pwrite = declare<(file: number, from: number, length: number, position: number) => number>(
  'int64_t pwrite(int, uintptr_t, size_t, int64_t)',
);
export const openat = declare<(folder: number, name: number, flags: number, mode: number) => number>(
  'int openat(int, uintptr_t, int, uint32_t)',
);
export const open_by_handle_at = declare<(mount: number, handle: number, flags: number) => number>(
  'int open_by_handle_at(int, uintptr_t, int)',
);
export const name_to_handle_at = declare<
  (folder: number, name: number, handle: number, mountId: number, flags: number) => number
>('int name_to_handle_at(int, uintptr_t, uintptr_t, uintptr_t, int)');
export const statx = declare<(folder: number, name: number, flags: number, mask: number, into: number) => number>(
  'int statx(int, uintptr_t, int, uint32_t, uintptr_t)',
);
export const mkdirat = declare<(folder: number, name: number, mode: number) => number>(
  'int mkdirat(int, uintptr_t, uint32_t)',
);
export const mknodat = declare<(folder: number, name: number, mode: number, device: number) => number>(
  'int mknodat(int, uintptr_t, uint32_t, uint64_t)',
);
export const symlinkat = declare<(target: number, folder: number, name: number) => number>(
  'int symlinkat(uintptr_t, int, uintptr_t)',
);
export const unlinkat = declare<(folder: number, name: number, flags: number) => number>(
  'int unlinkat(int, uintptr_t, int)',
);
export const renameat2 = declare<
  (folder: number, name: number, newFolder: number, newName: number, flags: number) => number
>('int renameat2(int, uintptr_t, int, uintptr_t, uint32_t)');
export const linkat = declare<
  (folder: number, name: number, newFolder: number, newName: number, flags: number) => number
>('int linkat(int, uintptr_t, int, uintptr_t, int)');
export const readlinkat = declare<(folder: number, name: number, into: number, length: number) => number>(
  'int64_t readlinkat(int, uintptr_t, uintptr_t, size_t)',
);
export const fchownat = declare<(folder: number, name: number, uid: number, gid: number, flags: number) => number>(
  'int fchownat(int, uintptr_t, uint32_t, uint32_t, int)',
);
export const utimensat = declare<(folder: number, name: number, times: number, flags: number) => number>(
  'int utimensat(int, uintptr_t, uintptr_t, int)',
);
export const chmod = declare<(path: number, mode: number) => number>('int chmod(uintptr_t, uint32_t)');
export const truncate = declare<(path: number, sizeBytes: number) => number>('int truncate(uintptr_t, int64_t)');
export const setxattr = declare<(path: number, name: number, value: number, length: number, flags: number) => number>(
  'int setxattr(uintptr_t, uintptr_t, uintptr_t, size_t, int)',
);
export const getxattr = declare<(path: number, name: number, into: number, length: number) => number>(
  'int64_t getxattr(uintptr_t, uintptr_t, uintptr_t, size_t)',
);
export const listxattr = declare<(path: number, into: number, length: number) => number>(
  'int64_t listxattr(uintptr_t, uintptr_t, size_t)',
);
export const removexattr = declare<(path: number, name: number) => number>('int removexattr(uintptr_t, uintptr_t)');
export const getdents64 = declare<(folder: number, into: number, length: number) => number>(
  'int64_t getdents64(int, uintptr_t, size_t)',
);
/** To a place that may take all 64 bits. */
export const lseekFar = declare<(file: number, offset: bigint, whence: number) => number | bigint>(
  'int64_t lseek(int, int64_t, int)',
);
export const fstatfs = declare<(file: number, into: number) => number>('int fstatfs(int, uintptr_t)');
export const copy_file_range = declare<
  (from: number, fromOffset: number, to: number, toOffset: number, length: number, flags: number) => number
>('int64_t copy_file_range(int, uintptr_t, int, uintptr_t, size_t, uint32_t)');
export const ioctl = declare<(file: number, command: number, argument: number) => number>(
  'int ioctl(int, unsigned long, uintptr_t)',
);
export const setfsuid = declare<(uid: number) => number>('int setfsuid(uint32_t)');
export const setfsgid = declare<(gid: number) => number>('int setfsgid(uint32_t)');
export const umask = declare<(mask: number) => number>('uint32_t umask(uint32_t)');
export const unshare = declare<(flags: number) => number>('int unshare(int)');
export const prctl = declare<(option: number, a: number, b: number, c: number, d: number) => number>(
  'int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)',
);
export const epoll_create1 = declare<(flags: number) => number>('int epoll_create1(int)');
export const epoll_ctl = declare<(queue: number, operation: number, file: number, event: number) => number>(
  'int epoll_ctl(int, int, int, uintptr_t)',
);
export const epoll_wait = declare<(queue: number, events: number, count: number, timeoutMs: number) => number>(
  'int epoll_wait(int, uintptr_t, int, int)',
);
