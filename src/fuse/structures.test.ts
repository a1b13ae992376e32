import { describe, expect, it } from 'vitest';
import * as structures from './structures.ts';

/** Sizes in linux/fuse.h, linux/stat.h and asm/statfs.h. */
const SIZES: Readonly<Partial<Record<keyof typeof structures, number>>> = {
  IN_HEADER: 40,
  OUT_HEADER: 16,
  INIT_IN: 64,
  INIT_OUT: 64,
  ATTRIBUTES: 88,
  ATTRIBUTES_OUT: 104,
  ENTRY_OUT: 128,
  GETATTR_IN: 16,
  SETATTR_IN: 88,
  STATX_IN: 24,
  STATX_OUT: 288,
  MKNOD_IN: 16,
  MKDIR_IN: 8,
  RENAME_IN: 8,
  RENAME2_IN: 16,
  LINK_IN: 8,
  CREATE_IN: 16,
  OPEN_IN: 8,
  OPEN_OUT: 16,
  RELEASE_IN: 24,
  READ_IN: 40,
  WRITE_IN: 40,
  WRITE_OUT: 8,
  FSYNC_IN: 16,
  FALLOCATE_IN: 32,
  LSEEK_IN: 24,
  COPY_FILE_RANGE_IN: 56,
  SETXATTR_IN: 16,
  GETXATTR_IN: 8,
  STATFS_OUT: 80,
  IOCTL_IN: 32,
  IOCTL_OUT: 16,
  INVALIDATE_NODE_OUT: 24,
  DIRENT: 24,
  KERNEL_DIRENT: 19,
  STATX: 256,
  FILE_HANDLE: 16,
  STATFS: 120,
};

describe('structures of the protocol', () => {
  it.each(Object.entries(SIZES))('%s has the size that the kernel gives it', (name, bytes) => {
    expect(structures[name as keyof typeof structures].bytes).toBe(bytes);
  });

  it('has fields where the kernel has them', () => {
    expect(structures.IN_HEADER.uid).toBe(24);
    expect(structures.SETATTR_IN.mode).toBe(68);
    expect(structures.ENTRY_OUT.attributes).toBe(40);
    expect(structures.STATX.mtime).toBe(112);
    expect(structures.STATX.deviceMajor).toBe(128);
    expect(structures.STATX.mountId).toBe(144);
  });
});
