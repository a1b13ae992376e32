import { layout } from './layout.ts';

/*
 * The structures of the protocol between the kernel and who serves a file system (fuse(4), linux/fuse.h),
 * as they stand in memory: little endian on every machine this runs on. `…_IN` is the body of a request,
 * behind IN_HEADER; `…_OUT` the body of a reply, behind OUT_HEADER.
 */

export const IN_HEADER = layout({
  length: 4,
  opcode: 4,
  unique: 8,
  node: 8,
  uid: 4,
  gid: 4,
  pid: 4,
  extensionLength: 2,
  padding: 2,
});
export const OUT_HEADER = layout({ length: 4, error: 4, unique: 8 });

export const INIT_IN = layout({ major: 4, minor: 4, maxReadahead: 4, flags: 4, flags2: 4, unused: 44 });
export const INIT_OUT = layout({
  major: 4,
  minor: 4,
  maxReadahead: 4,
  flags: 4,
  maxBackground: 2,
  congestionThreshold: 2,
  maxWrite: 4,
  timeGranularity: 4,
  maxPages: 2,
  mapAlignment: 2,
  flags2: 4,
  maxStackDepth: 4,
  unused: 24,
});

const ATTRIBUTE_FIELDS = {
  inode: 8,
  size: 8,
  blocks: 8,
  atime: 8,
  mtime: 8,
  ctime: 8,
  atimeNanoseconds: 4,
  mtimeNanoseconds: 4,
  ctimeNanoseconds: 4,
  mode: 4,
  linkCount: 4,
  uid: 4,
  gid: 4,
  device: 4,
  blockSize: 4,
  flags: 4,
} as const;
export const ATTRIBUTES = layout(ATTRIBUTE_FIELDS);
export const ATTRIBUTES_OUT = layout({
  validSeconds: 8,
  validNanoseconds: 4,
  padding: 4,
  attributes: ATTRIBUTES.bytes,
});
export const ENTRY_OUT = layout({
  node: 8,
  generation: 8,
  entryValidSeconds: 8,
  attributesValidSeconds: 8,
  entryValidNanoseconds: 4,
  attributesValidNanoseconds: 4,
  attributes: ATTRIBUTES.bytes,
});

export const GETATTR_IN = layout({ flags: 4, padding: 4, handle: 8 });
export const SETATTR_IN = layout({
  valid: 4,
  padding: 4,
  handle: 8,
  size: 8,
  lockOwner: 8,
  atime: 8,
  mtime: 8,
  ctime: 8,
  atimeNanoseconds: 4,
  mtimeNanoseconds: 4,
  ctimeNanoseconds: 4,
  mode: 4,
  unused4: 4,
  uid: 4,
  gid: 4,
  unused5: 4,
});
/** What is answered besides is struct statx itself. */
export const STATX_IN = layout({ getattrFlags: 4, reserved: 4, handle: 8, flags: 4, mask: 4 });
export const STATX_OUT = layout({ validSeconds: 8, validNanoseconds: 4, flags: 4, spare: 16, statx: 256 });

export const MKNOD_IN = layout({ mode: 4, device: 4, umask: 4, padding: 4, name: 0 });
export const MKDIR_IN = layout({ mode: 4, umask: 4, name: 0 });
export const RENAME_IN = layout({ newFolder: 8, names: 0 });
export const RENAME2_IN = layout({ newFolder: 8, flags: 4, padding: 4, names: 0 });
export const LINK_IN = layout({ node: 8, name: 0 });
export const CREATE_IN = layout({ flags: 4, mode: 4, umask: 4, openFlags: 4, name: 0 });

export const OPEN_IN = layout({ flags: 4, openFlags: 4 });
export const OPEN_OUT = layout({ handle: 8, openFlags: 4, backingId: 4 });
export const RELEASE_IN = layout({ handle: 8, flags: 4, releaseFlags: 4, lockOwner: 8 });
export const READ_IN = layout({ handle: 8, offset: 8, size: 4, readFlags: 4, lockOwner: 8, flags: 4, padding: 4 });
export const WRITE_IN = layout({
  handle: 8,
  offset: 8,
  size: 4,
  writeFlags: 4,
  lockOwner: 8,
  flags: 4,
  padding: 4,
  data: 0,
});
export const WRITE_OUT = layout({ size: 4, padding: 4 });
export const FSYNC_IN = layout({ handle: 8, flags: 4, padding: 4 });
export const FALLOCATE_IN = layout({ handle: 8, offset: 8, length: 8, mode: 4, padding: 4 });
export const LSEEK_IN = layout({ handle: 8, offset: 8, whence: 4, padding: 4 });
export const LSEEK_OUT = layout({ offset: 8 });
export const COPY_FILE_RANGE_IN = layout({
  handleIn: 8,
  offsetIn: 8,
  nodeOut: 8,
  handleOut: 8,
  offsetOut: 8,
  length: 8,
  flags: 8,
});

export const SETXATTR_IN = layout({ size: 4, flags: 4, setxattrFlags: 4, padding: 4, names: 0 });
export const GETXATTR_IN = layout({ size: 4, padding: 4, name: 0 });
export const GETXATTR_OUT = layout({ size: 4, padding: 4 });

export const STATFS_OUT = layout({
  blocks: 8,
  blocksFree: 8,
  blocksAvailable: 8,
  files: 8,
  filesFree: 8,
  blockSize: 4,
  nameLength: 4,
  fragmentSize: 4,
  padding: 4,
  spare: 24,
});
export const IOCTL_IN = layout({ handle: 8, flags: 4, command: 4, argument: 8, inSize: 4, outSize: 4, data: 0 });
export const IOCTL_OUT = layout({ result: 4, flags: 4, inVectors: 4, outVectors: 4, data: 0 });

/** An entry of a folder; with attributes ENTRY_OUT stands before it. Each begins at a multiple of eight bytes. */
export const DIRENT = layout({ inode: 8, offset: 8, nameLength: 4, type: 4, name: 0 });
/** An entry as getdents64(2) gives it. */
export const KERNEL_DIRENT = layout({ inode: 8, offset: 8, length: 2, type: 1, name: 0 });

/** What is told to the kernel unasked, behind an OUT_HEADER whose error says which it is. */
export const INVALIDATE_NODE_OUT = layout({ node: 8, offset: 8, length: 8 });
export const INVALIDATE_ENTRY_OUT = layout({ folder: 8, nameLength: 4, flags: 4, name: 0 });

/** struct statx of statx(2). */
export const STATX = layout({
  mask: 4,
  blockSize: 4,
  attributes: 8,
  linkCount: 4,
  uid: 4,
  gid: 4,
  mode: 2,
  spare0: 2,
  inode: 8,
  size: 8,
  blocks: 8,
  attributesMask: 8,
  atime: 8,
  atimeNanoseconds: 8,
  btime: 8,
  btimeNanoseconds: 8,
  ctime: 8,
  ctimeNanoseconds: 8,
  mtime: 8,
  mtimeNanoseconds: 8,
  deviceMajor: 4,
  deviceMinor: 4,
  onDeviceMajor: 4,
  onDeviceMinor: 4,
  mountId: 8,
  rest: 104,
});
/** struct file_handle of name_to_handle_at(2), with the eight bytes that ext4 needs. */
export const FILE_HANDLE = layout({ capacity: 4, type: 4, low: 4, high: 4 });
/** struct statfs of statfs(2). */
export const STATFS = layout({
  type: 8,
  blockSize: 8,
  blocks: 8,
  blocksFree: 8,
  blocksAvailable: 8,
  files: 8,
  filesFree: 8,
  id: 8,
  nameLength: 8,
  fragmentSize: 8,
  flags: 8,
  spare: 32,
});
