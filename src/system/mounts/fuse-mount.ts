import { constants, readdirSync, write } from 'node:fs';
import { lastError } from '../native/errno.ts';
import { type Mount, mountOf, mounts } from './mounts.ts';
import { errno } from '../native/c-library.ts';
import * as native from '../native/native.ts';

const DEVICE = '/dev/fuse';
const TYPE = 'fuse';
const SUBTYPE = 'understudy';
/** As the kernel lists it. */
export const MOUNT_TYPE = `${TYPE}.${SUBTYPE}`;
const CLOSE_ON_EXEC = 0o2000000;
const PATH_ONLY = 0o10000000;
const OPEN_TREE = 428;
const MOVE_MOUNT = 429;
const FSOPEN = 430;
const FSCONFIG = 431;
const FSMOUNT = 432;
const OPEN_TREE_CLONE = 1;
const AT_EMPTY_PATH = 0x1000;
const SET = { flag: 0, text: 1, create: 6 } as const;
/** Both ends of move_mount(2) are the descriptors themselves. */
const FROM_HERE_TO_HERE = 0x4 | 0x40;
/** F_DUPFD_CLOEXEC */
const DUPLICATE = 1030;
const MNT_FORCE = 1;
const MNT_DETACH = 2;
const NO_FOLLOW = 8;
const EBUSY = 16;
/** FILEID_INO32_GEN. */
const PLAIN_HANDLE = 1;
/** How a file system is mounted: statfs(2)'s bit of it, and fsmount(2)'s. */
const SAME_WAYS: readonly (readonly [statfs: number, attribute: number])[] = [
  [1, 0x1], // read-only
  [2, 0x2], // nosuid
  [4, 0x4], // nodev
  [8, 0x8], // noexec
  [1024, 0x10], // noatime
  [2048, 0x80], // nodiratime
];
const STATFS_SYNC = 16;
const STATFS_FLAGS = 80;
const STATFS_BYTES = 120;
const NOTHING = Buffer.of(0);

/**
 * A mount over a folder, told from any other by what the kernel calls it: of its file system there is no second
 * one with that device as long as it lives.
 */
export interface FuseMount {
  readonly path: string;
  readonly id: string;
  readonly device: string;
}

/** Where a mount is: where it was put, there but under another one, at another path, or nowhere. */
export type MountPlace =
  | { readonly kind: 'there' | 'covered' | 'gone' }
  | { readonly kind: 'moved'; readonly path: string };

/** Connection to the kernel for one mount; reading it does not wait. @throws FileError */
export function openConnection(): number {
  return opened('openat', DEVICE, native.openat(0, DEVICE, constants.O_RDWR | constants.O_NONBLOCK | CLOSE_ON_EXEC, 0));
}

/** A second descriptor of it, which keeps it open. @throws FileError */
export function holdConnection(connection: number): number {
  return opened('fcntl', DEVICE, native.fcntl(connection, DUPLICATE, 0));
}

/**
 * Tells the kernel something unasked. It may wait there for what is being answered about the same node.
 * @returns 0, or minus the number of an error; ENOENT where the kernel knows nothing of what it is about.
 */
export function tellKernel(connection: number, notice: Uint8Array): number {
  return native.write(connection, notice, notice.byteLength) >= 0 ? 0 : -errno();
}

/** As {@link tellKernel}, on a thread of Node's pool. */
export function tellKernelAside(connection: number, notice: Uint8Array): Promise<void> {
  // What it says is no matter: what it does not know it need not forget.
  return new Promise((done) => write(connection, notice, () => done()));
}

/** The folder as a place to mount over. @throws FileError */
export function openPlace(path: string): number {
  return opened('openat', path, native.openat(0, bytesOf(path), PATH_ONLY | constants.O_DIRECTORY | CLOSE_ON_EXEC, 0));
}

/**
 * Opens a folder so that nothing that is mounted on it or in it, now or later, is in the way.
 * @param place - from {@link openPlace}.
 * @throws FileError
 */
export function openUnderneath(path: string, place: number): number {
  const flags = OPEN_TREE_CLONE | AT_EMPTY_PATH | CLOSE_ON_EXEC;
  const tree = opened('open_tree', path, native.openTree(OPEN_TREE, place, NOTHING, flags));
  try {
    const folder = native.openat(tree, '.', constants.O_RDONLY | constants.O_DIRECTORY | CLOSE_ON_EXEC, 0);
    return opened('openat', path, folder);
  } finally {
    native.close(tree);
  }
}

/**
 * Opens a folder, before it is mounted over, on the mount that it lies on: from there files can be moved beside it.
 * @param place - from {@link openPlace}.
 * @throws FileError
 */
export function openBeneath(path: string, place: number): number {
  return opened(
    'openat',
    path,
    native.openat(place, '.', constants.O_RDONLY | constants.O_DIRECTORY | CLOSE_ON_EXEC, 0),
  );
}

/**
 * Makes a mount that nobody sees yet: requests come from now on, until the descriptor is closed or, once it is
 * attached, the mount has gone.
 * @param underneath - from {@link openUnderneath}.
 * @throws FileError
 */
export function makeMount(path: string, connection: number, underneath: number): number {
  const about = Buffer.alloc(STATFS_BYTES);
  if (native.fstatfs(underneath, about) < 0) throw lastError('fstatfs', path);
  const ways = about.readUInt32LE(STATFS_FLAGS);
  const attributes = SAME_WAYS.reduce((sum, [bit, attribute]) => ((ways & bit) === 0 ? sum : sum | attribute), 0);
  const context = opened('fsopen', path, native.fsopen(FSOPEN, TYPE, 1));
  const set = (command: number, key: string | null, value: string | null = null): void => {
    if (native.fsconfig(FSCONFIG, context, command, key, value, 0) < 0) throw lastError('fsconfig', path);
  };
  try {
    for (const [key, value] of [
      ['source', SUBTYPE],
      ['subtype', SUBTYPE],
      ['fd', String(connection)],
      ['rootmode', '40000'],
      ['user_id', '0'],
      ['group_id', '0'],
    ] as const) {
      set(SET.text, key, value);
    }
    for (const flag of ['allow_other', 'default_permissions']) set(SET.flag, flag);
    if ((ways & STATFS_SYNC) !== 0) set(SET.flag, 'sync');
    set(SET.create, null);
    return opened('fsmount', path, native.fsmount(FSMOUNT, context, 1, attributes));
  } finally {
    native.close(context);
  }
}

/**
 * Puts a mount over the folder that it was made for, whatever the folder's path is by now. From the next moment on
 * everybody works in it.
 * @param mount - from {@link makeMount}; still to be closed, for an open one is in use.
 * @throws FileError
 */
export function attachMount(path: string, mount: number, place: number): FuseMount {
  const id = mountOf(mount);
  if (native.moveMount(MOVE_MOUNT, mount, NOTHING, place, NOTHING, FROM_HERE_TO_HERE) < 0) {
    throw lastError('move_mount', path);
  }
  try {
    const found = mounts().find((one) => one.id === id);
    return { path: found?.path ?? path, id, device: found?.device ?? '' };
  } catch (error) {
    detachOpen(mount);
    throw error;
  }
}

/** An attached mount of ours by the kernel's number of it; null where it is no more. */
export function mountById(path: string, id: string): FuseMount | null {
  const found = mounts().find((one) => one.id === id && one.type === MOUNT_TYPE);
  return found === undefined ? null : { path, id, device: found.device };
}

export function placeOf(mount: FuseMount): MountPlace {
  const all = mounts();
  const found = find(all, mount);
  if (found === undefined) return { kind: 'gone' };
  if (found.path !== mount.path) return { kind: 'moved', path: found.path };
  return { kind: isCovered(all, found) ? 'covered' : 'there' };
}

/** Ends a mount that nobody uses. @returns why it goes on, or null. @throws FileError */
export function unmount(mount: FuseMount): 'used' | 'covered' | null {
  const all = mounts();
  const found = find(all, mount);
  if (found === undefined) return null;
  if (isCovered(all, found)) return 'covered';
  if (native.umount2(bytesOf(found.path), NO_FOLLOW) >= 0) return null;
  if (errno() === EBUSY) return 'used';
  throw lastError('umount2', found.path);
}

/** Ends a mount whoever uses it: all that is open there gives errors from now on. Nothing else is ended with it. */
export function detachMount(mount: FuseMount): void {
  const found = find(mounts(), mount);
  if (found === undefined) return;
  const top = native.openat(0, bytesOf(found.path), PATH_ONLY | constants.O_DIRECTORY | CLOSE_ON_EXEC, 0);
  if (top < 0) return;
  if (mountOf(top) === mount.id) detachOpen(top);
  native.close(top);
}

function detachOpen(top: number): void {
  native.umount2(bytesOf(`/proc/self/fd/${String(top)}`), MNT_FORCE | MNT_DETACH);
}

function find(all: readonly Mount[], { id, device }: FuseMount): Mount | undefined {
  return all.find((one) => one.id === id && one.device === device);
}

function isCovered(all: readonly Mount[], { id, path }: Mount): boolean {
  return all.some((one) => one.parent === id && one.path === path);
}

/** Where file systems are mounted in a folder. */
export function mountsInside(path: string): string[] {
  const prefix = `${path}/`;
  return mounts()
    .map((mount) => mount.path)
    .filter((at) => at.startsWith(prefix));
}

/** What others mounted over a mount of ours at that path, or in it: what is done there does not come to us. */
export function mountsOver(path: string): string[] {
  const here = mounts().filter((mount) => mount.path === path);
  const isCovered = here.some(isOurs) && here.at(-1)?.type !== MOUNT_TYPE;
  return [...(isCovered ? [path] : []), ...mountsInside(path)];
}

function isOurs({ type }: Mount): boolean {
  return type === MOUNT_TYPE;
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
  const found = native.name_to_handle_at(file, NOTHING, handle, Buffer.alloc(4), AT_EMPTY_PATH);
  return found >= 0 && handle.readUInt32LE(4) === PLAIN_HANDLE;
}

/** Becomes readable at once (EPOLLPRI) whenever something is mounted or unmounted (proc_pid_mounts(5)). @throws FileError */
export function openMountList(): number {
  const path = '/proc/self/mountinfo';
  return opened('openat', path, native.openat(0, path, constants.O_RDONLY | CLOSE_ON_EXEC, 0));
}

export function closeDescriptor(descriptor: number): void {
  native.close(descriptor);
}

/**
 * Closes what this process has open in a folder underneath, whoever opened it: all of it went through the one mount
 * that {@link openUnderneath} made.
 */
export function closeUnderneath(underneath: number): void {
  const mount = mountOf(underneath);
  const descriptors = mount === '' ? [] : readdirSync('/proc/self/fd').map(Number);
  for (const descriptor of descriptors) {
    if (descriptor !== underneath && mountOf(descriptor) === mount) native.close(descriptor);
  }
  native.close(underneath);
}
