import { chmodSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import type { LineEnd } from '../../kernel/lines.ts';
import { reachOf } from './socket-reach.ts';

/** A longer line ends the connection. */
const LINE_BYTES_MAX = 4 * 1024 * 1024;
const OWNER_ONLY = 0o077;

/**
 * Offers lines on a Unix socket that only this user may open.
 * @param onConnection - for each who connects.
 * @returns what ends it.
 * @throws NodeJS.ErrnoException EADDRINUSE where somebody offers it already.
 */
export async function offerLines(socket: string, onConnection: (line: LineEnd) => void): Promise<() => void> {
  const reach = reachOf(socket);
  const server = createServer((connection) => onConnection(lineEnd(connection)));
  // From its first moment nobody else may open it.
  const mask = process.umask(OWNER_ONLY);
  try {
    const listening = Promise.withResolvers<void>();
    server.once('error', listening.reject);
    server.listen(reach.path, () => listening.resolve());
    await listening.promise;
  } finally {
    process.umask(mask);
  }
  chmodSync(socket, 0o600);
  return () => {
    server.close();
    reach.release();
  };
}

/** @returns null where nobody offers lines there. */
export async function connectLines(socket: string): Promise<LineEnd | null> {
  const reach = reachOf(socket);
  const connection = createConnection(reach.path);
  const connected = Promise.withResolvers<LineEnd | null>();
  connection.once('connect', () => connected.resolve(lineEnd(connection)));
  connection.once('error', () => connected.resolve(null));
  try {
    return await connected.promise;
  } finally {
    reach.release();
  }
}

/** Takes away a socket that nobody offers any more. */
export function removeSocket(socket: string): void {
  try {
    unlinkSync(socket);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function lineEnd(connection: Socket): LineEnd {
  let rest = '';
  let hear: (line: string) => void = () => {};
  connection.setEncoding('utf8');
  connection.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_BYTES_MAX) connection.destroy();
    for (const line of lines) hear(line);
  });
  // Its end follows.
  connection.on('error', () => {});
  return {
    send: (line) => void connection.write(`${line}\n`),
    onLine: (action) => {
      hear = action;
    },
    onEnd: (action) => {
      if (connection.destroyed) action();
      else connection.once('close', () => action());
    },
    close: () => connection.destroy(),
  };
}
