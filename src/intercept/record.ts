import { crc32 } from 'node:zlib';
import { layout } from '../fuse/layout.ts';

/**
 * A record: what was asked, as the kernel asked it, with what came of it before it. `length` is that of the
 * whole record and is written last; 0 means that nothing stands here yet. A record whose order is 0 only fills
 * the end of the ring. Of {@link RECORDED}.nothing and {@link RECORDED}.gap the rest means nothing.
 */
export const RECORD = layout({
  length: 4,
  /** See {@link checksumOf}. */
  checksum: 4,
  order: 8,
  /** The node that was made, or that the request is about. */
  node: 8,
  /** Bytes that were written or copied, or which of the attributes asked for were set. */
  outcome: 4,
  /** Bits of {@link RECORDED}. */
  recorded: 4,
  /** Of the node, afterwards. */
  mode: 4,
  uid: 4,
  gid: 4,
  mtimeNanoseconds: 4,
  mtime: 8,
  size: 8,
  /** Of the folder whose names changed, and of the other one in a rename. */
  folderMtime: 8,
  otherFolderMtime: 8,
  folderMtimeNanoseconds: 4,
  otherFolderMtimeNanoseconds: 4,
  /** Without the data of a request that carries some twice. */
  requestLength: 4,
  /** Which of the mounts that share the ring. */
  mount: 4,
  request: 0,
});

/** What of a record's fields means something. */
export const RECORDED = {
  attributes: 1,
  folder: 2,
  otherFolder: 4,
  /** What it was begun for failed. */
  nothing: 8,
  /** What it was begun for was or may have been done, and can't be told. */
  gap: 16,
  /** Nothing was changed: what is before it is to be durable. The outcome is the place of its reply (parked-replies.ts). */
  flush: 32,
} as const;

/** What is asked, and of what, stands in front of it. */
const CHECKED_TO = 4096;

/**
 * CRC-32 of the first 4 KiB of a record, behind the checksum itself. Of large data it is not made: on both sides together
 * it took ten times as long as putting it there.
 */
export function checksumOf(record: Uint8Array): number {
  return crc32(record.subarray(RECORD.checksum + 4, CHECKED_TO));
}

/** Records begin at multiples of it. */
export const RECORD_ALIGNMENT = 32;
