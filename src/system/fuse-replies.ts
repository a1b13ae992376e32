import { Buffer } from 'node:buffer';
import { lastError } from './errno.ts';
import * as native from './native.ts';

/** F_DUPFD_CLOEXEC. */
const COPY_CLOSED_ON_EXEC = 1030;
/** struct fuse_out_header without a body. */
const HEADER_BYTES = 16;

const reply = Buffer.alloc(HEADER_BYTES);
reply.writeUInt32LE(HEADER_BYTES, 0);

/** Another descriptor of a mount's connection to the kernel, which stays what it is when that one is closed. @throws FileError */
export function copyConnection(connection: number): number {
  const copy = native.fcntl(connection, COPY_CLOSED_ON_EXEC, 0);
  if (copy < 0) throw lastError('fcntl', '/dev/fuse');
  return copy;
}

/** Tells the kernel that a request was carried out. That it does not want to know any more changes nothing. */
export function answerRequest(
  connection: number,
  { uniqueLow, uniqueHigh }: { readonly uniqueLow: number; readonly uniqueHigh: number },
): void {
  reply.writeUInt32LE(uniqueLow, 8);
  reply.writeUInt32LE(uniqueHigh, 12);
  native.write(connection, reply, HEADER_BYTES);
}
