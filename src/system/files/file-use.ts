import { constants, fstatSync, readFileSync } from 'node:fs';
import type { ByteString } from '../../kernel/byte-string.ts';
import type { FileUse, FileUses } from '../../kernel/file-use.ts';
import { OPEN } from '../../kernel/open-flags.ts';
import { systemClock } from '../machine/clock.ts';
import { errnoName } from '../native/errno.ts';
import { isLocked } from './lock-table.ts';
import { mountOf, mounts } from '../mounts/mounts.ts';
import { nativeComponent } from './names.ts';
import { errno } from '../native/c-library.ts';
import * as native from '../native/native.ts';
import { attempt } from '../processes/process-table.ts';
import { awaitStarts } from '../processes/started-programs.ts';

const O_CLOEXEC = 0o2000000;
const AT_FDCWD = -100;
const LOOK = OPEN.readOnly | OPEN.nonBlocking | O_CLOEXEC;
const WRITE = OPEN.writeOnly | OPEN.nonBlocking | O_CLOEXEC;

const F_SETSIG = 10;
const F_SETLEASE = 1024;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;
/** Whoever opens the file while we hold the lease sends this; by default it is ignored, where SIGIO would end us. */
const SIGURG = 23;

/** A program that is still not itself after this long is not waited for: the file is looked at again all the same. */
const START_MS_MAX = 500;
/** The kernel closes what a new program does not get a little after its start is told. */
const AGAIN_MS = [0, 1, 2, 4, 8, 16, 32] as const;
const NEVER = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

const STATFS_BYTES = 120;
/** Types of statfs(2): NFS, SMB and CIFS. */
const REMOTE = new Set([0x6969, 0xfe534d42, 0xff534d42]);
/** What fanotify(7) and security modules say to whom root itself is refused; EACCES means that for root only. */
const DENIALS = new Set(['EPERM', 'EBUSY', 'ETXTBSY', ...(process.geteuid?.() === 0 ? ['EACCES'] : [])]);

/**
 * Leases (fcntl(2)): the kernel gives one for writing only where nobody else has the file open, one for
 * reading only where nobody has it open for writing. Each is given back at once. Needs to own the file,
 * or CAP_LEASE. What a reader has locked stands in /proc/locks.
 */
export class SystemFileUses implements FileUses {
  readonly #countsReaders: boolean;

  /** @param countsReaders - does it use a file to read it? */
  constructor(countsReaders: boolean) {
    this.#countsReaders = countsReaders;
  }

  useOf(folder: number, name: ByteString, forWriting: boolean): FileUse | null {
    const found = use(folder, nativeComponent(name), constants.O_NOFOLLOW, forWriting);
    return found === 'read' && !this.#countsReaders ? null : found;
  }

  useOfOpened(file: number, forWriting: boolean): FileUse | null {
    const found = use(AT_FDCWD, `/proc/self/fd/${file}`, 0, forWriting);
    return found === 'read' && !this.#countsReaders ? null : found;
  }
}

/**
 * A program that this process starts has our own descriptors for a moment, and among them one that Apply wrote the file
 * by and has closed: to the kernel that is somebody who has it open. Then it is asked again once the program is itself.
 */
function use(folder: number, name: native.NativeName, flags: number, forWriting: boolean): FileUse | null {
  const began = systemClock.monotonicMs();
  let found = useNow(folder, name, flags, forWriting);
  for (const delayMs of AGAIN_MS) {
    const leftMs = began + START_MS_MAX - systemClock.monotonicMs();
    if (found === null || leftMs <= 0 || !awaitStarts(began, leftMs)) return found;
    if (delayMs > 0) Atomics.wait(NEVER, 0, 0, delayMs);
    found = useNow(folder, name, flags, forWriting);
  }
  return found;
}

function useNow(folder: number, name: native.NativeName, flags: number, forWriting: boolean): FileUse | null {
  const file = native.openat(folder, name, LOOK | flags, 0);
  if (file < 0) return refusal();
  try {
    native.fcntl(file, F_SETSIG, SIGURG);
    if (isGiven(file, F_WRLCK)) return null;
    if (!isGiven(file, F_RDLCK)) return isRemote(file) ? null : 'open';
    // Somebody reads it.
    if (isLockedByOther(file)) return 'locked';
    if (isRemote(file)) return null;
  } finally {
    native.close(file);
  }
  return (forWriting ? executed(folder, name, flags) : null) ?? 'read';
}

/** There the server decides about leases, and may give none to anybody. */
function isRemote(file: number): boolean {
  const about = Buffer.alloc(STATFS_BYTES);
  return native.fstatfs(file, about) === 0 && REMOTE.has(about.readUInt32LE(0));
}

/** Also where the kernel has no leases for this file: then nothing can be told. */
function isGiven(file: number, lease: number): boolean {
  if (native.fcntl(file, F_SETLEASE, lease) < 0) return errnoName(errno()) !== 'EAGAIN';
  native.fcntl(file, F_SETLEASE, F_UNLCK);
  return true;
}

/** Only opening it for writing tells. */
function executed(folder: number, name: native.NativeName, flags: number): FileUse | null {
  const file = native.openat(folder, name, WRITE | flags, 0);
  if (file >= 0) {
    native.close(file);
    return null;
  }
  const code = errnoName(errno());
  if (code === 'ETXTBSY') return 'executed';
  return code === 'EAGAIN' ? 'open' : null;
}

/** Why a file can't even be looked at. */
function refusal(): FileUse | null {
  const code = errnoName(errno());
  // Somebody else's lease is in the way.
  if (code === 'EAGAIN') return 'open';
  return DENIALS.has(code) ? 'denied' : null;
}

function isLockedByOther(file: number): boolean {
  const { dev, ino } = fstatSync(file);
  const text = readFileSync('/proc/locks', 'latin1');
  return isLocked(text, { device: dev, inode: ino }, () => mountedDevice(file));
}

/** The device that the kernel's lists name: on Btrfs and overlayfs it is not what stat(2) says. */
function mountedDevice(file: number): string | null {
  const id = mountOf(file);
  return attempt(mounts)?.find((mount) => mount.id === id)?.device ?? null;
}
