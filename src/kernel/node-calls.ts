/*
 * The calls that serving a mounted folder needs. They take names and buffers by address, so that what the
 * kernel put into memory is handed back to it as it lies there, and nothing is allocated on the way of a call.
 * Every call returns what its manual page (section 2) says, and minus the error's number where it fails.
 */

/** A piece of memory that stays where it is. Begins at a page. */
export interface NativeMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the first byte. */
  readonly address: number;
}

/** Flags of open(2) whose value depends on the machine's architecture. */
export interface ArchitectureFlags {
  readonly direct: number;
  readonly folder: number;
  readonly noFollow: number;
  /** O_DSYNC, which is part of O_SYNC. */
  readonly dataSync: number;
  readonly unnamed: number;
  readonly closeOnExec: number;
}

/** By a folder's descriptor and the address of a name, which ends in NUL. */
export interface NameCalls {
  openAt(folder: number, name: number, flags: number, mode: number): number;
  /** Fills struct statx at `into`. */
  statx(folder: number, name: number, flags: number, mask: number, into: number): number;
  /** Fills struct file_handle, whose capacity stands in it, and four bytes at `mountId`. */
  handleAt(folder: number, name: number, handle: number, mountId: number, flags: number): number;
  makeFolder(folder: number, name: number, mode: number): number;
  makeNode(folder: number, name: number, mode: number, device: number): number;
  makeSymlink(target: number, folder: number, name: number): number;
  unlink(folder: number, name: number, flags: number): number;
  rename(folder: number, name: number, newFolder: number, newName: number, flags: number): number;
  link(folder: number, name: number, newFolder: number, newName: number, flags: number): number;
  readLink(folder: number, name: number, into: number, length: number): number;
  setOwner(folder: number, name: number, uid: number, gid: number, flags: number): number;
  setTimes(folder: number, name: number, times: number, flags: number): number;
}

/** By a whole path; a link in the last component is followed. */
export interface PathCalls {
  setMode(path: number, mode: number): number;
  setSize(path: number, sizeBytes: number): number;
  setXattr(path: number, name: number, value: number, length: number, flags: number): number;
  getXattr(path: number, name: number, into: number, length: number): number;
  listXattr(path: number, into: number, length: number): number;
  removeXattr(path: number, name: number): number;
}

/** By a descriptor. */
export interface DescriptorCalls {
  /** Opens the node of a struct file_handle on the file system that holds `mount`. */
  openByHandle(mount: number, handle: number, flags: number): number;
  close(file: number): number;
  read(file: number, into: number, length: number): number;
  write(file: number, from: number, length: number): number;
  readAt(file: number, into: number, length: number, position: number): number;
  writeAt(file: number, from: number, length: number, position: number): number;
  setFileSize(file: number, sizeBytes: number): number;
  allocate(file: number, mode: number, offset: number, length: number): number;
  seek(file: number, offset: number, whence: number): number;
  /** To the place in a folder that {@link entries} gave; it may take all 64 bits. */
  seekEntry(folder: number, place: bigint): number;
  /** The offsets are 64-bit numbers in memory. */
  copyRange(from: number, fromOffset: number, to: number, toOffset: number, length: number): number;
  sync(file: number): number;
  syncData(file: number): number;
  entries(folder: number, into: number, length: number): number;
  /** Fills struct statfs. */
  fileSystem(file: number, into: number): number;
  control(file: number, command: number, argument: number): number;
}

/** Of the calling thread alone. */
export interface ThreadCalls {
  /**
   * From here on the thread's owner and mask of new files are its own, it keeps its rights whoever it makes files
   * as, and its memory is not got by writing out files (prctl(2), PR_SET_IO_FLUSHER).
   */
  becomeServer(): number;
  makeFilesAs(uid: number, gid: number): void;
  maskModes(mask: number): void;
}

/** Sleep until there is something to read. */
export interface WaitCalls {
  /**
   * A queue of what can be read: of each new thing on `shared` one sleeper is woken, of `wake` all, and of a change of
   * `mountList`, which is the kernel's list of mounts, at least one.
   */
  openWaiter(shared: number, wake: number, mountList: number): number;
  /** @returns the descriptor that can be read, 0 when nothing came, or minus the number of an error. */
  wait(waiter: number, timeoutMs: number): number;
}

/** All of the door. Every call blocks: for threads that do nothing else. */
export interface NodeCalls extends NameCalls, PathCalls, DescriptorCalls, ThreadCalls, WaitCalls {
  readonly flags: ArchitectureFlags;
  memory(bytes: number): NativeMemory;
}
