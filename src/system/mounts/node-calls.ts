import { constants } from 'node:fs';
import type { ArchitectureFlags, NativeMemory, NodeCalls } from '../../kernel/node-calls.ts';
import { pageAligned } from '../files/aligned-buffer.ts';
import { addressOf, errno } from '../native/c-library.ts';
import { close, fallocate, fdatasync, fsync, ftruncate, lseek } from '../native/native.ts';
import * as native from '../native/native-by-address.ts';

/** O_CLOEXEC and __O_TMPFILE have one value on every architecture that this runs on. */
const CLOSE_ON_EXEC = 0o2000000;
const UNNAMED = 0o20000000;
const FLAGS: ArchitectureFlags = {
  direct: constants.O_DIRECT,
  folder: constants.O_DIRECTORY,
  noFollow: constants.O_NOFOLLOW,
  dataSync: constants.O_DSYNC,
  unnamed: UNNAMED | constants.O_DIRECTORY,
  closeOnExec: CLOSE_ON_EXEC,
};

const CLONE_FS = 0x200;
const PR_SET_SECUREBITS = 28;
/** Changing to another user for new files takes no right away. */
const NO_SETUID_FIXUP = 1 << 2;
const PR_SET_IO_FLUSHER = 57;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 0x1;
const EPOLLPRI = 0x2;
const EPOLLEXCLUSIVE = 0x10000000;
/** struct epoll_event has no padding on x64. */
const EPOLL_EVENT_BYTES = process.arch === 'x64' ? 12 : 16;
const EPOLL_DATA = EPOLL_EVENT_BYTES - 8;

/** What a call returned, or minus the number of its error. */
function outcome(result: number): number {
  return result < 0 ? -errno() : Number(result);
}

const event = Buffer.alloc(EPOLL_EVENT_BYTES);
const eventAddress = Number(addressOf(event));

/** Of who makes files on this thread; switched only where the next one is another. */
let [uidNow, gidNow, maskNow] = [0, 0, -1];

export const systemNodeCalls: NodeCalls = {
  flags: FLAGS,
  memory(bytes): NativeMemory {
    const buffer = pageAligned(bytes);
    return { bytes: buffer as Uint8Array<ArrayBuffer>, address: Number(addressOf(buffer)) };
  },

  openAt: (folder, name, flags, mode) => outcome(native.openat(folder, name, flags | CLOSE_ON_EXEC, mode)),
  statx: (folder, name, flags, mask, into) => outcome(native.statx(folder, name, flags, mask, into)),
  handleAt: (folder, name, handle, mountId, flags) =>
    outcome(native.name_to_handle_at(folder, name, handle, mountId, flags)),
  makeFolder: (folder, name, mode) => outcome(native.mkdirat(folder, name, mode)),
  makeNode: (folder, name, mode, device) => outcome(native.mknodat(folder, name, mode, device)),
  makeSymlink: (target, folder, name) => outcome(native.symlinkat(target, folder, name)),
  unlink: (folder, name, flags) => outcome(native.unlinkat(folder, name, flags)),
  rename: (folder, name, newFolder, newName, flags) =>
    outcome(native.renameat2(folder, name, newFolder, newName, flags)),
  link: (folder, name, newFolder, newName, flags) => outcome(native.linkat(folder, name, newFolder, newName, flags)),
  readLink: (folder, name, into, length) => outcome(native.readlinkat(folder, name, into, length)),
  setOwner: (folder, name, uid, gid, flags) => outcome(native.fchownat(folder, name, uid, gid, flags)),
  setTimes: (folder, name, times, flags) => outcome(native.utimensat(folder, name, times, flags)),

  setMode: (path, mode) => outcome(native.chmod(path, mode)),
  setSize: (path, sizeBytes) => outcome(native.truncate(path, sizeBytes)),
  setXattr: (path, name, value, length, flags) => outcome(native.setxattr(path, name, value, length, flags)),
  getXattr: (path, name, into, length) => outcome(native.getxattr(path, name, into, length)),
  listXattr: (path, into, length) => outcome(native.listxattr(path, into, length)),
  removeXattr: (path, name) => outcome(native.removexattr(path, name)),

  openByHandle: (mount, handle, flags) => outcome(native.open_by_handle_at(mount, handle, flags | CLOSE_ON_EXEC)),
  close: (file) => outcome(close(file)),
  read: (file, into, length) => outcome(native.read(file, into, length)),
  write: (file, from, length) => outcome(native.write(file, from, length)),
  readAt: (file, into, length, position) => outcome(native.pread(file, into, length, position)),
  writeAt: (file, from, length, position) => outcome(native.pwrite(file, from, length, position)),
  setFileSize: (file, sizeBytes) => outcome(ftruncate(file, sizeBytes)),
  allocate: (file, mode, offset, length) => outcome(fallocate(file, mode, offset, length)),
  seek: (file, offset, whence) => outcome(lseek(file, offset, whence)),
  seekEntry: (folder, place) => (native.lseekFar(folder, place, 0) < 0 ? -errno() : 0),
  copyRange: (from, fromOffset, to, toOffset, length) =>
    outcome(native.copy_file_range(from, fromOffset, to, toOffset, length, 0)),
  sync: (file) => outcome(fsync(file)),
  syncData: (file) => outcome(fdatasync(file)),
  entries: (folder, into, length) => outcome(native.getdents64(folder, into, length)),
  fileSystem: (file, into) => outcome(native.fstatfs(file, into)),
  control: (file, command, argument) => outcome(native.ioctl(file, command, argument)),

  becomeServer(): number {
    const shared = outcome(native.unshare(CLONE_FS));
    if (shared < 0) return shared;
    const rights = outcome(native.prctl(PR_SET_SECUREBITS, NO_SETUID_FIXUP, 0, 0, 0));
    if (rights < 0) return rights;
    // Only a wish: kernels before 5.6 don't know it.
    native.prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
    return 0;
  },
  makeFilesAs(uid, gid) {
    if (gid !== gidNow) native.setfsgid(gid);
    if (uid !== uidNow) native.setfsuid(uid);
    [uidNow, gidNow] = [uid, gid];
  },
  maskModes(mask) {
    if (mask !== maskNow) native.umask(mask);
    maskNow = mask;
  },

  openWaiter(shared, wake, mountList): number {
    const queue = outcome(native.epoll_create1(CLOSE_ON_EXEC));
    if (queue < 0) return queue;
    for (const [file, events] of [
      [shared, EPOLLIN | EPOLLEXCLUSIVE],
      [wake, EPOLLIN],
      [mountList, EPOLLPRI],
    ] as const) {
      event.writeUInt32LE(events, 0);
      event.writeUInt32LE(file, EPOLL_DATA);
      const added = outcome(native.epoll_ctl(queue, EPOLL_CTL_ADD, file, eventAddress));
      if (added < 0) {
        close(queue);
        return added;
      }
    }
    return queue;
  },
  wait(waiter, timeoutMs): number {
    const ready = outcome(native.epoll_wait(waiter, eventAddress, 1, timeoutMs));
    return ready <= 0 ? ready : event.readUInt32LE(EPOLL_DATA);
  },
};
