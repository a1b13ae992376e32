/** Numbers of errors as the kernel gives and takes them (errno(3)); the same on every architecture that this runs on. */
export const ERROR = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  EACCES: 13,
  EEXIST: 17,
  EXDEV: 18,
  EINTR: 4,
  ENODEV: 19,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  ERANGE: 34,
  ENOSYS: 38,
  ENODATA: 61,
  EPROTO: 71,
  EOPNOTSUPP: 95,
  ESTALE: 116,
  EDQUOT: 122,
} as const;

/** Flags of the calls that take a folder and a name. */
export const AT = { noFollow: 0x100, removeFolder: 0x200, followLink: 0x400, nameless: 0x1000 } as const;

/** Everything that statx(2) tells of a node, its birth included. */
export const STATX_EVERYTHING = 0xfff;

export const MODE = { type: 0o170000, folder: 0o040000, setuid: 0o4000, setgid: 0o2000, groupExecute: 0o010 } as const;

/** Flags of renameat2(2). */
export const RENAME = { exchange: 2, whiteout: 4 } as const;

/** Flags of fallocate(2). */
export const ALLOCATE = { punchHole: 2, zeroRange: 16 } as const;
