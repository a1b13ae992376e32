import { IN_HEADER } from '../../fuse/structures.ts';
import type { ParkedReply } from '../../intercept/parked-replies.ts';
import { RECORD, RECORDED } from '../../intercept/record.ts';
import type { ByteString } from '../../kernel/byte-string.ts';
import { inodeAt } from './decode-operation.ts';

/** A flush that an application waits for. */
export interface Flush {
  readonly reply: ParkedReply;
  /** The node that it is about, and the protected folder that it is in; null where that is not known. */
  readonly node: { readonly folder: ByteString; readonly inode: number } | null;
}

/**
 * What a record of a flush says.
 * @param folders - protected folders by the numbers of their mounts.
 * @returns null where it is the record of an operation.
 */
export function decodeFlush(record: Uint8Array, folders: ReadonlyMap<number, ByteString>): Flush | null {
  const from = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  if ((from.readUInt32LE(RECORD.recorded) & RECORDED.flush) === 0) return null;
  const mount = from.readUInt32LE(RECORD.mount);
  const unique = RECORD.request + IN_HEADER.unique;
  const [uniqueLow, uniqueHigh] = [from.readUInt32LE(unique), from.readUInt32LE(unique + 4)];
  const folder = folders.get(mount);
  return {
    reply: { place: from.readUInt32LE(RECORD.outcome), uniqueLow, uniqueHigh, mount },
    node: folder === undefined ? null : { folder, inode: inodeAt(from, RECORD.node) },
  };
}
