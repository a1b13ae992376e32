import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Problem } from '../../problems/problem.ts';

/** sun_path holds 108 bytes with its closing NUL: unix(7). */
const SOCKET_PATH_BYTES_MAX = 107;

/** A path short enough for a socket address that leads to the socket. */
export interface Reach {
  readonly path: string;
  release(): void;
}

/**
 * A longer path is reached through its folder's descriptor: proc(5), `/proc/self/fd`.
 * @throws Problem CLI-013 where the folder can't be opened.
 */
export function reachOf(socket: string): Reach {
  if (Buffer.byteLength(socket) <= SOCKET_PATH_BYTES_MAX) return { path: socket, release: () => {} };
  let folder: number;
  try {
    folder = openSync(dirname(socket), constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw new Problem('CLI-013', { socket, reason: reasonOf(error) }, { cause: error });
  }
  return { path: `/proc/self/fd/${folder}/${basename(socket)}`, release: () => closeSync(folder) };
}

/** What an error of a socket means, as part of a sentence. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'there is no such socket';
  if (code === 'ECONNREFUSED') return 'nobody listens there';
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not open it';
  return error.message;
}
