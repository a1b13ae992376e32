import { constants } from 'node:fs';
import { lastError } from './errno.ts';
import { mounts } from './mounts.ts';
import * as native from './native.ts';

const DEVICE = '/dev/fuse';
export const MOUNT_TYPE = 'fuse.understudy';
const CLOSE_ON_EXEC = 0o2000000;
const OPEN_TREE = 428;
const OPEN_TREE_CLONE = 1;
const AT_EMPTY_PATH = 0x1000;
const MNT_FORCE = 1;
const MNT_DETACH = 2;
const EBUSY = 16;
/** FILEID_INO32_GEN. */
const PLAIN_HANDLE = 1;
/** How the file system underneath is mounted, as statfs(2) and mount(2) both number it: read-only, nosuid, nodev, noexec, sync, noatime, nodiratime. */
const SAME_FLAGS = 1 | 2 | 4 | 8 | 16 | 1024 | 2048;
const STATFS_FLAGS = 80;
const STATFS_BYTES = 120;

/** Connection to the kernel for one mount; reading it does not wait. @throws FileError */
export function openConnection(): number {
  return opened('openat', DEVICE, native.openat(0, DEVICE, constants.O_RDWR | constants.O_NONBLOCK | CLOSE_ON_EXEC, 0));
}

/**
 * Opens a folder so that nothing that is mounted on it or in it, now or later, is in the way.
 * @throws FileError
 */
export function openUnderneath(path: string): number {
  const folder = opened('openat', path, native.openat(0, bytesOf(path), constants.O_RDONLY | constants.O_DIRECTORY, 0));
  try {
    const tree = native.openTree(OPEN_TREE, folder, Buffer.of(0), OPEN_TREE_CLONE | AT_EMPTY_PATH | CLOSE_ON_EXEC);
    opened('open_tree', path, tree);
    try {
      const flags = constants.O_RDONLY | constants.O_DIRECTORY | CLOSE_ON_EXEC;
      return opened('openat', path, native.openat(Number(tree), '.', flags, 0));
    } finally {
      native.close(Number(tree));
    }
  } finally {
    native.close(folder);
  }
}

/**
 * Mounts over a folder. Requests come at once; somebody must answer them.
 * @param underneath - from {@link openUnderneath}.
 * @throws FileError
 */
export function mountOver(path: string, connection: number, underneath: number): void {
  const about = Buffer.alloc(STATFS_BYTES);
  if (native.fstatfs(underneath, about) < 0) throw lastError('fstatfs', path);
  const flags = about.readUInt32LE(STATFS_FLAGS) & SAME_FLAGS;
  const options = `fd=${connection},rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions`;
  if (native.mount('understudy', path, MOUNT_TYPE, flags, options) < 0) throw lastError('mount', path);
}

/** Ends a mount that nobody uses. @returns false where somebody does. @throws FileError */
export function unmount(path: string): boolean {
  if (native.umount2(bytesOf(path), 0) >= 0) return true;
  if (native.errno() === EBUSY) return false;
  throw lastError('umount2', path);
}

/** Ends a mount whoever uses it: all that is open there gives errors from now on. */
export function abortMount(path: string): void {
  native.umount2(bytesOf(path), MNT_FORCE | MNT_DETACH);
}

/** Where file systems are mounted in a folder. */
export function mountsInside(path: string): string[] {
  const prefix = `${path}/`;
  return mounts()
    .map((mount) => mount.path)
    .filter((at) => at.startsWith(prefix));
}

function bytesOf(path: string): Buffer {
  return Buffer.from(`${path}\0`);
}

function opened(call: string, path: string, descriptor: number): number {
  if (Number(descriptor) < 0) throw lastError(call, path);
  return Number(descriptor);
}

/** Does the file system have file handles of the kind that is ext4's: eight bytes, inode and generation? */
export function hasPlainHandles(file: number): boolean {
  const handle = Buffer.alloc(16);
  handle.writeUInt32LE(8, 0);
  const found = native.name_to_handle_at(file, Buffer.of(0), handle, Buffer.alloc(4), AT_EMPTY_PATH);
  return found >= 0 && handle.readUInt32LE(4) === PLAIN_HANDLE;
}

export function closeDescriptor(descriptor: number): void {
  native.close(descriptor);
}
