import { Buffer } from 'node:buffer';
import * as native from '../native/native.ts';

/** struct fuse_out_header, and struct fuse_write_out behind it. */
const HEADER_BYTES = 16;
const WRITE_BYTES = 8;

const reply = Buffer.alloc(HEADER_BYTES + WRITE_BYTES);

/**
 * Tells the kernel that a request was carried out. That it does not want to know any more changes nothing.
 * @param writtenBytes - by a write; 0 where the request was none.
 */
export function answerRequest(
  connection: number,
  { uniqueLow, uniqueHigh }: { readonly uniqueLow: number; readonly uniqueHigh: number },
  writtenBytes: number,
): void {
  const bytes = HEADER_BYTES + (writtenBytes > 0 ? WRITE_BYTES : 0);
  reply.writeUInt32LE(bytes, 0);
  reply.writeUInt32LE(uniqueLow, 8);
  reply.writeUInt32LE(uniqueHigh, 12);
  reply.writeUInt32LE(writtenBytes, HEADER_BYTES);
  native.write(connection, reply, bytes);
}
