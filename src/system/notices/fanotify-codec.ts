import { fromLatin1 } from '../../kernel/byte-string.ts';
import { type FolderKey, NOTICE, type Notice } from '../../kernel/notices.ts';

/** Event bits, fanotify_mark(2). */
export const FAN = {
  modify: 0x2,
  attrib: 0x4,
  closeWrite: 0x8,
  create: 0x100,
  delete: 0x200,
  overflow: 0x4000,
  rename: 0x1000_0000,
  onFolder: 0x4000_0000,
} as const;

/** struct fanotify_event_metadata. */
const METADATA_BYTES = 24;
const METADATA_VERSION = 3;
/** Header of an information record: type, padding, length. */
const RECORD_HEADER_BYTES = 4;
const FSID_BYTES = 8;
/** Size and type of a struct file_handle. */
const HANDLE_HEADER_BYTES = 8;
/** MAX_HANDLE_SZ. */
export const HANDLE_BYTES_MAX = 128;

const RECORD = { target: 1, folderName: 2, folder: 3, oldFolderName: 10, newFolderName: 12 } as const;
const DOT = 0x2e;

/** Types of a struct file_handle. */
const HANDLE_INODE32 = 0x1;
const HANDLE_XFS_INODE64 = 0x81;
const HANDLE_BTRFS = 0x4d;

/** The object that decoders fill for each notice. */
export function emptyNotice(): Notice {
  const nothing = fromLatin1('');
  return {
    what: 0,
    isFolder: false,
    folder: '',
    name: nothing,
    toFolder: null,
    toName: nothing,
    target: null,
    targetInode: 0,
    processId: 0,
  };
}

/**
 * Hands over the events of one read(2) from a fanotify queue that reports file identifiers and names.
 * @returns how many events there were, and whether the kernel dropped some; bytes that make no sense
 * count as dropped, since what they would have said is unknown.
 * @param leftOut - what this process did is not handed over.
 */
export function decodeFanotify(
  { bytes, length }: { readonly bytes: Buffer; readonly length: number },
  notice: Notice,
  leftOut: number | null,
  sink: (notice: Readonly<Notice>) => void,
): { events: number; complete: boolean } {
  let at = 0;
  let events = 0;
  let complete = true;
  while (at < length) {
    if (length - at < METADATA_BYTES) return { events, complete: false };
    const eventBytes = bytes.readUInt32LE(at);
    const metadataBytes = bytes.readUInt16LE(at + 6);
    const sound =
      eventBytes >= METADATA_BYTES &&
      eventBytes <= length - at &&
      bytes[at + 4] === METADATA_VERSION &&
      metadataBytes >= METADATA_BYTES &&
      metadataBytes <= eventBytes;
    if (!sound) return { events, complete: false };
    const mask = bytes.readUInt32LE(at + 8);
    const processId = bytes.readInt32LE(at + 20);
    events++;
    if ((mask & FAN.overflow) !== 0) {
      complete = false;
    } else if (processId !== leftOut) {
      start(notice, mask, processId);
      if (readRecords(bytes, at + metadataBytes, at + eventBytes, notice)) sink(notice);
      else complete = false;
    }
    at += eventBytes;
  }
  return { events, complete };
}

function start(notice: Notice, mask: number, processId: number): void {
  let what = 0;
  if ((mask & FAN.create) !== 0) what |= NOTICE.created;
  if ((mask & FAN.delete) !== 0) what |= NOTICE.deleted;
  if ((mask & FAN.modify) !== 0) what |= NOTICE.modified;
  if ((mask & FAN.closeWrite) !== 0) what |= NOTICE.written;
  if ((mask & FAN.attrib) !== 0) what |= NOTICE.attributes;
  if ((mask & FAN.rename) !== 0) what |= NOTICE.moved;
  const nothing = fromLatin1('');
  notice.what = what;
  notice.isFolder = (mask & FAN.onFolder) !== 0;
  notice.folder = '';
  notice.name = nothing;
  notice.toFolder = null;
  notice.toName = nothing;
  notice.target = null;
  notice.targetInode = 0;
  notice.processId = processId;
}

/** @returns false where a length points outside its record. */
function readRecords(bytes: Buffer, from: number, end: number, notice: Notice): boolean {
  let at = from;
  while (at < end) {
    if (end - at < RECORD_HEADER_BYTES) return false;
    const recordBytes = bytes.readUInt16LE(at + 2);
    if (recordBytes < RECORD_HEADER_BYTES || recordBytes > end - at) return false;
    if (!readRecord(bytes, at, at + recordBytes, notice)) return false;
    at += recordBytes;
  }
  // Of what happens to a folder itself the kernel says only the folder.
  if (notice.target === null && notice.name === '' && notice.folder !== '') notice.target = notice.folder;
  return true;
}

function readRecord(bytes: Buffer, at: number, end: number, notice: Notice): boolean {
  const type = bytes[at];
  const known =
    type === RECORD.target ||
    type === RECORD.folderName ||
    type === RECORD.folder ||
    type === RECORD.oldFolderName ||
    type === RECORD.newFolderName;
  if (!known) return true;
  const keyStart = at + RECORD_HEADER_BYTES;
  if (end - keyStart < FSID_BYTES + HANDLE_HEADER_BYTES) return false;
  const handleBytes = bytes.readUInt32LE(keyStart + FSID_BYTES);
  const keyEnd = keyStart + FSID_BYTES + HANDLE_HEADER_BYTES + handleBytes;
  if (handleBytes > HANDLE_BYTES_MAX || keyEnd > end) return false;
  const key = bytes.toString('latin1', keyStart, keyEnd);
  if (type === RECORD.target) {
    notice.target = key;
    notice.targetInode = inodeOfHandle(bytes, keyStart + FSID_BYTES, handleBytes);
    return true;
  }
  const name = fromLatin1(type === RECORD.folder ? '' : readName(bytes, keyEnd, end));
  if (type === RECORD.newFolderName) {
    notice.toFolder = key;
    notice.toName = name;
  } else {
    notice.folder = key;
    notice.name = name;
  }
  return true;
}

/**
 * The inode number within a struct file_handle, for the forms that say it: 32 bits and a generation
 * (ext4, f2fs; tmpfs puts the generation first), 64 bits (XFS, Btrfs). 0 for others.
 * Sources: include/linux/exportfs.h, mm/shmem.c and fs/xfs/xfs_export.h of Linux.
 */
function inodeOfHandle(bytes: Buffer, handle: number, handleBytes: number): number {
  const identifier = handle + HANDLE_HEADER_BYTES;
  switch (bytes.readInt32LE(handle + 4)) {
    case HANDLE_INODE32:
      if (handleBytes === 8) return bytes.readUInt32LE(identifier);
      return handleBytes === 12 ? wholeNumber(bytes, identifier + 4) : 0;
    case HANDLE_XFS_INODE64:
    case HANDLE_BTRFS:
      return handleBytes >= 12 ? wholeNumber(bytes, identifier) : 0;
    default:
      return 0;
  }
}

/** 64 bits; 0 where a number can't hold them exactly. */
function wholeNumber(bytes: Buffer, at: number): number {
  const value = bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
  return Number.isSafeInteger(value) ? value : 0;
}

/** What ext4 calls the node of a key: its inode number and its generation; null of other file systems. */
export function numberOfKey(key: FolderKey): { readonly low: number; readonly high: number } | null {
  if (key.length !== FSID_BYTES + HANDLE_HEADER_BYTES + 8) return null;
  const handle = Buffer.from(key.slice(FSID_BYTES), 'latin1');
  if (handle.readInt32LE(4) !== HANDLE_INODE32) return null;
  return { low: handle.readUInt32LE(HANDLE_HEADER_BYTES), high: handle.readUInt32LE(HANDLE_HEADER_BYTES + 4) };
}

/** The kernel says `.` for the folder itself. */
function readName(bytes: Buffer, from: number, end: number): string {
  let stop = from;
  while (stop < end && bytes[stop] !== 0) stop++;
  return stop === from + 1 && bytes[from] === DOT ? '' : bytes.toString('latin1', from, stop);
}

/**
 * The key that events will use, from what fstatfs(2) and name_to_handle_at(2) say.
 * @param handle - a filled struct file_handle.
 */
export function keyOfHandle(fsid: Buffer, handle: Buffer): FolderKey {
  const handleBytes = Math.min(handle.readUInt32LE(0), HANDLE_BYTES_MAX);
  return fsid.toString('latin1', 0, FSID_BYTES) + handle.toString('latin1', 0, HANDLE_HEADER_BYTES + handleBytes);
}
