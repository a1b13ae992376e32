/** What is agreed on at the start (bits of INIT_IN.flags and INIT_OUT.flags). */
export const INIT = {
  asyncRead: 2 ** 0,
  atomicTruncate: 2 ** 3,
  bigWrites: 2 ** 5,
  dontMask: 2 ** 6,
  doReaddirplus: 2 ** 13,
  readdirplusAuto: 2 ** 14,
  asyncDirectIo: 2 ** 15,
  parallelFolderOperations: 2 ** 18,
  posixAcl: 2 ** 20,
  maxPages: 2 ** 22,
  cacheSymlinks: 2 ** 23,
  noOpendir: 2 ** 24,
  explicitInvalidation: 2 ** 25,
  handleKillPriv: 2 ** 28,
  setxattrExtended: 2 ** 29,
  extended: 2 ** 30,
} as const;

/** Bits of INIT_IN.flags2 and INIT_OUT.flags2. */
export const INIT2 = {
  directIoAllowMmap: 2 ** 4,
} as const;

/** How an open file is treated (bits of OPEN_OUT.openFlags). */
export const FOPEN = { keepCache: 2 ** 1 } as const;

/** What a SETATTR sets (bits of SETATTR_IN.valid). */
export const FATTR = {
  mode: 2 ** 0,
  uid: 2 ** 1,
  gid: 2 ** 2,
  size: 2 ** 3,
  atime: 2 ** 4,
  mtime: 2 ** 5,
  handle: 2 ** 6,
  atimeNow: 2 ** 7,
  mtimeNow: 2 ** 8,
  killSuidgid: 2 ** 11,
} as const;

/** Bits of GETATTR_IN.flags and STATX_IN.getattrFlags. */
export const GETATTR = { handle: 2 ** 0 } as const;
/** Bits of OPEN_IN.openFlags and CREATE_IN.openFlags. */
export const OPEN_KILL_SUIDGID = 2 ** 0;
/** Bits of WRITE_IN.writeFlags. */
export const WRITE = {
  /** Out of the page cache: through which open file it goes is the kernel's guess. */
  fromCache: 2 ** 0,
  killSuidgid: 2 ** 2,
} as const;
/** Bit of FSYNC_IN.flags: what fdatasync(2) asks for. */
export const FSYNC_DATA_ONLY = 2 ** 0;
/** Bit of SETXATTR_IN.setxattrFlags. */
export const SETXATTR_ACL_KILL_SGID = 2 ** 0;

/** What is told to the kernel unasked (enum fuse_notify_code). */
export const NOTIFY_INVALIDATE_NODE = 2;
export const NOTIFY_INVALIDATE_ENTRY = 3;
export const NOTIFY_INCREASE_EPOCH = 8;
