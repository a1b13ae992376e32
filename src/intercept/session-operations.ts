import { INIT, INIT2 } from '../fuse/flags.ts';
import { OPCODE } from '../fuse/opcodes.ts';
import { INIT_IN, INIT_OUT, IOCTL_IN, IOCTL_OUT, STATFS, STATFS_OUT } from '../fuse/structures.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { ERROR } from './codes.ts';
import { DATA_BYTES_MAX } from './memory-plan.ts';
import type { Operations, ServedFolder } from './served-folder.ts';

const MAJOR = 7;
/** The protocol that is spoken here; newer kernels go down to it. */
const MINOR = 45;
const PAGE_BYTES = 4096;
const REQUESTS_IN_BACKGROUND_MAX = 64;
const CONGESTED_AT = 48;

/** Without these what applications see would differ from the file system underneath. */
const NEEDED =
  INIT.atomicTruncate |
  INIT.dontMask |
  INIT.parallelFolderOperations |
  INIT.posixAcl |
  INIT.maxPages |
  INIT.noOpendir |
  INIT.explicitInvalidation |
  INIT.handleKillPriv |
  INIT.setxattrExtended;
const WANTED =
  NEEDED |
  INIT.asyncRead |
  INIT.bigWrites |
  INIT.doReaddirplus |
  INIT.readdirplusAuto |
  INIT.asyncDirectIo |
  INIT.cacheSymlinks |
  INIT.extended;

/** What the kernel and this agreed on. */
export interface Agreement {
  /** Of the kernel's protocol, whose major number is 7. */
  readonly minor: number;
  /** False where the kernel lacks something that can't be done without: the mount then fails. */
  readonly isAgreed: boolean;
}

/** The session as a whole, and what belongs to no file. */
export function sessionOperations(served: ServedFolder, onAgreement: (agreement: Agreement) => void): Operations {
  return {
    [OPCODE.init]: () => init(served, onAgreement),
    [OPCODE.destroy]: () => 0,
    // Answered so once, the kernel sends no more: what was begun is always brought to its end.
    [OPCODE.interrupt]: () => -ERROR.ENOSYS,
    [OPCODE.statfs]: () => statfs(served),
    [OPCODE.ioctl]: () => ioctl(served),
  };
}

function init(served: ServedFolder, onAgreement: (agreement: Agreement) => void): number {
  const { request, reply } = served;
  const minor = request.u32(INIT_IN.minor);
  const flags = request.u32(INIT_IN.flags);
  const isAgreed = request.u32(INIT_IN.major) === MAJOR && (flags & NEEDED) === NEEDED;
  onAgreement({ minor, isAgreed });
  if (!isAgreed) return -ERROR.EPROTO;
  const flags2 = (flags & INIT.extended) === 0 ? 0 : request.u32(INIT_IN.flags2);
  reply.clear(0, INIT_OUT.bytes);
  reply.u32(INIT_OUT.major, MAJOR);
  reply.u32(INIT_OUT.minor, Math.min(minor, MINOR));
  reply.u32(INIT_OUT.maxReadahead, Math.min(request.u32(INIT_IN.maxReadahead), DATA_BYTES_MAX));
  reply.u32(INIT_OUT.flags, (flags & WANTED) >>> 0);
  reply.u16(INIT_OUT.maxBackground, REQUESTS_IN_BACKGROUND_MAX);
  reply.u16(INIT_OUT.congestionThreshold, CONGESTED_AT);
  reply.u32(INIT_OUT.maxWrite, DATA_BYTES_MAX);
  reply.u32(INIT_OUT.timeGranularity, 1);
  reply.u16(INIT_OUT.maxPages, DATA_BYTES_MAX / PAGE_BYTES);
  reply.u32(INIT_OUT.flags2, (flags2 & INIT2.directIoAllowMmap) >>> 0);
  return INIT_OUT.bytes;
}

const SAME_FIELDS = [
  [STATFS_OUT.blocks, STATFS.blocks],
  [STATFS_OUT.blocksFree, STATFS.blocksFree],
  [STATFS_OUT.blocksAvailable, STATFS.blocksAvailable],
  [STATFS_OUT.files, STATFS.files],
  [STATFS_OUT.filesFree, STATFS.filesFree],
] as const;
const WORD_FIELDS = [
  [STATFS_OUT.blockSize, STATFS.blockSize],
  [STATFS_OUT.nameLength, STATFS.nameLength],
  [STATFS_OUT.fragmentSize, STATFS.fragmentSize],
] as const;

function statfs(served: ServedFolder): number {
  const { reply, plan, nodes, calls } = served;
  const outcome = calls.fileSystem(nodes.root, plan.memory.address + plan.fileSystem);
  if (outcome < 0) return outcome;
  const { bytes } = plan.memory;
  const found = new DataView(bytes.buffer, bytes.byteOffset + plan.fileSystem, STATFS.bytes);
  reply.clear(0, STATFS_OUT.bytes);
  for (const [to, from] of SAME_FIELDS) {
    reply.u32(to, found.getUint32(from, true));
    reply.u32(to + 4, found.getUint32(from + 4, true));
  }
  for (const [to, from] of WORD_FIELDS) reply.u32(to, found.getUint32(from, true));
  return STATFS_OUT.bytes;
}

/** Of a folder: it has no handle. */
const IOCTL_FOLDER = 16;
/** Flags of chattr(1), in both their forms: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR. */
const COMMANDS: ReadonlyMap<number, { readonly bytes: number; readonly sets: boolean }> = new Map([
  [0x8008_6601, { bytes: 4, sets: false }],
  [0x4008_6602, { bytes: 4, sets: true }],
  [0x801c_581f, { bytes: 28, sets: false }],
  [0x401c_5820, { bytes: 28, sets: true }],
]);

/** Does the command of an IOCTL change flags? */
export function setsFlags(command: number): boolean {
  return COMMANDS.get(command)?.sets === true;
}

function ioctl(served: ServedFolder): number {
  const { request, nodes, handles, calls } = served;
  const command = COMMANDS.get(request.u32(IOCTL_IN.command));
  if (command === undefined) return -ERROR.ENOTTY;
  const { nodeLow, nodeHigh } = request;
  const isFolder = (request.u32(IOCTL_IN.flags) & IOCTL_FOLDER) !== 0;
  const file = isFolder
    ? nodes.open(nodeLow, nodeHigh, OPEN.readOnly | calls.flags.folder)
    : handles.at(IOCTL_IN.handle);
  if (file < 0) return file;
  const outcome = command.sets ? changeFlags(served, file) : getFlags(served, file, command.bytes);
  if (isFolder) calls.close(file);
  return outcome;
}

function getFlags(served: ServedFolder, file: number, bytes: number): number {
  const { request, reply, calls } = served;
  reply.clear(0, IOCTL_OUT.data + bytes);
  const outcome = calls.control(file, request.u32(IOCTL_IN.command), reply.addressOf(IOCTL_OUT.data));
  return outcome < 0 ? outcome : IOCTL_OUT.data + bytes;
}

function changeFlags(served: ServedFolder, file: number): number {
  const { request, locks, recorder } = served;
  const { nodeLow, nodeHigh } = request;
  locks.take(nodeLow);
  served.beginChange(nodeLow, nodeHigh);
  const outcome = setFlags(served, file);
  if (outcome < 0) recorder.cancel(outcome);
  else recorder.recordChange(nodeLow, nodeHigh, served.look(file, served.node));
  locks.free(nodeLow);
  return outcome;
}

function setFlags(served: ServedFolder, file: number): number {
  const { request, reply, calls } = served;
  reply.clear(0, IOCTL_OUT.data);
  const outcome = calls.control(file, request.u32(IOCTL_IN.command), request.addressOf(IOCTL_IN.data));
  return outcome < 0 ? outcome : IOCTL_OUT.data;
}
