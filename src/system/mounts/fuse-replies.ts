import { Buffer } from 'node:buffer';
import * as native from '../native/native.ts';

/** struct fuse_out_header without a body. */
const HEADER_BYTES = 16;

const reply = Buffer.alloc(HEADER_BYTES);
reply.writeUInt32LE(HEADER_BYTES, 0);

/** Tells the kernel that a request was carried out. That it does not want to know any more changes nothing. */
export function answerRequest(
  connection: number,
  { uniqueLow, uniqueHigh }: { readonly uniqueLow: number; readonly uniqueHigh: number },
): void {
  reply.writeUInt32LE(uniqueLow, 8);
  reply.writeUInt32LE(uniqueHigh, 12);
  native.write(connection, reply, HEADER_BYTES);
}
