import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ByteFiles } from '../kernel/byte-files.ts';
import { FileError } from '../kernel/files.ts';
import { durableFiles } from './durable-files.ts';

/** The machine's own. */
export const byteFiles: ByteFiles = {
  stamp: (path) =>
    guarded(path, () => {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
      return stat === undefined ? null : [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ');
    }),
  read: (path, bytesMax) =>
    guarded(path, () => {
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) return null;
      if (stat.size > bytesMax) throw new FileError({ code: 'EFBIG', call: 'read', path });
      return readFileSync(path);
    }),
  write: (path, bytes, mode) => durableFiles.write(path, bytes, mode),
  remove: (path) => durableFiles.remove(path),
  makeFolder: (path, mode) =>
    guarded(path, () => {
      const made = mkdirSync(path, { recursive: true, mode });
      if (made !== undefined) syncFolder(dirname(made));
    }),
  list: (folder) =>
    guarded(folder, () => {
      if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
      return readdirSync(folder).sort();
    }),
};

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function guarded<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (error instanceof FileError || code === undefined || syscall === undefined) throw error;
    throw new FileError({ code, call: syscall, path });
  }
}
