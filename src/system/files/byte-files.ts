import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ByteFiles } from '../../kernel/byte-files.ts';
import { FileError } from '../../kernel/files.ts';
import { durableFiles } from './durable-files.ts';
import { stampedNow } from './file-stamp.ts';
import { removeLeft } from './fresh-file.ts';
import { syncFolder } from './folder-sync.ts';
import { withFileErrors } from './with-file-errors.ts';

/** The machine's own. */
export const byteFiles: ByteFiles = {
  stamp: (path) => withFileErrors(path, () => stampOf(path)),
  read: (path, bytesMax) =>
    withFileErrors(path, () => {
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) return null;
      if (stat.size > bytesMax) throw new FileError({ code: 'EFBIG', call: 'read', path });
      return readFileSync(path);
    }),
  write: (path, bytes, mode, owner) => durableFiles.write(path, bytes, mode, owner),
  sync: (path) =>
    withFileErrors(path, () => {
      if (statSync(path, { throwIfNoEntry: false }) === undefined) return;
      const file = openSync(path, 'r');
      try {
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      syncFolder(dirname(path));
    }),
  owner: (path) =>
    withFileErrors(path, () => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat === undefined ? null : { user: stat.uid, group: stat.gid };
    }),
  remove: (path) => durableFiles.remove(path),
  removeFolder: (path) => withFileErrors(path, () => rmSync(path, { recursive: true, force: true })),
  makeFolder: (path, mode) =>
    withFileErrors(path, () => {
      const made = mkdirSync(path, { recursive: true, mode });
      if (made !== undefined) syncFolder(dirname(made));
      removeLeft(path);
    }),
  list: (folder) =>
    withFileErrors(folder, () => {
      if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
      return readdirSync(folder).sort();
    }),
};

const WAITED_ON = new Int32Array(new SharedArrayBuffer(4));
/** Of a file that is changed without a pause. */
const WAITS_MAX = 5;

function stampOf(path: string): string | null {
  for (let waits = 0; ; waits += 1) {
    const found = stampedNow(path);
    if (found === null) return null;
    const { stamp, unsureMs } = found;
    if (unsureMs === 0) return stamp;
    // Like no other, so that the next one is another one, whatever comes.
    if (waits === WAITS_MAX) return `${stamp} ${performance.now()}`;
    Atomics.wait(WAITED_ON, 0, 0, unsureMs);
  }
}
