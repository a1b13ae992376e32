import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { getSystemErrorName } from 'node:util';

import type { FileOwner } from '../../kernel/byte-files.ts';
import { FileError } from '../../kernel/files.ts';
import { MIB } from '../../kernel/units.ts';
import { faults } from '../native/faults.ts';
import { stampedNow } from './file-stamp.ts';
import { openFresh, removeLeft } from './fresh-file.ts';
import { syncFolder } from './folder-sync.ts';
import { withFileErrors } from './with-file-errors.ts';

const PRIVATE_MODE = 0o600;
/** Far beyond any settings or state file. */
const BYTES_MAX = 64 * MIB;

/**
 * Small text files that are read and written whole, such as settings and the daemon's own state. Every
 * failure is a FileError. Blocks for as long as the disk does (an fsync).
 */
export const durableFiles = {
  /** Null where there is no such file; EFBIG above 64 MiB. */
  read(path: string): string | null {
    return withFileErrors(path, () => {
      const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size;
      if (sizeBytes === undefined) return null;
      if (sizeBytes > BYTES_MAX) throw new FileError({ code: 'EFBIG', call: 'read', path });
      return readFileSync(path, 'utf8');
    });
  },

  /** Another one after each change; null where there is no such file, or it changed so lately that one more might not show. */
  stamp(path: string): string | null {
    return withFileErrors(path, () => {
      const found = stampedNow(path);
      return found === null || found.unsureMs > 0 ? null : found.stamp;
    });
  },

  /**
   * Durable and whole on return: a reader sees the old text or the new one, also after a power cut.
   * @param mode - of a new file; one that is replaced keeps its mode and owner.
   * @param owner - of a new file; by default whoever writes.
   */
  write(path: string, text: string | Uint8Array, mode = PRIVATE_MODE, owner?: FileOwner): void {
    withFileErrors(path, () => {
      const before = statSync(path, { throwIfNoEntry: false });
      const { descriptor: file, path: fresh } = openFresh(path);
      try {
        try {
          meetFaults('pwrite', path);
          writeFileSync(file, text);
          const wanted = before === undefined ? owner : { user: before.uid, group: before.gid };
          if (wanted !== undefined) own(file, wanted);
          fchmodSync(file, before === undefined ? mode : before.mode & 0o7777);
          meetFaults('fsync', path);
          fsyncSync(file);
          renameSync(fresh, path);
        } finally {
          closeSync(file);
        }
      } catch (error) {
        rmSync(fresh, { force: true });
        throw error;
      }
      syncFolder(dirname(path));
    });
  },

  /** Does nothing where there is no such file. */
  remove(path: string): void {
    withFileErrors(path, () => {
      removeLeft(dirname(path));
      rmSync(path, { force: true });
      syncFolder(dirname(path));
    });
  },

  /** Makes the folder and what is missing above it; one that exists is given the mode, and rid of what killed processes left. */
  makeFolder(path: string, mode: number): void {
    withFileErrors(path, () => {
      mkdirSync(path, { recursive: true, mode });
      chmodSync(path, mode);
      removeLeft(path);
    });
  },

  /** Lower-case hexadecimal. */
  sha256(text: string): string {
    return createHash('sha256').update(text).digest('hex');
  },
};

/** For tests (faults.ts). */
function meetFaults(call: string, path: string): void {
  const number = faults?.meet(call, () => [path]) ?? 0;
  if (number !== 0) throw new FileError({ code: getSystemErrorName(-number), call, path });
}

/** A user who is not root may not give a file a group that he is not in: his file keeps its own then. */
function own(file: number, { user, group }: FileOwner): void {
  const { uid, gid } = fstatSync(file);
  if (uid === user && gid === group) return;
  try {
    fchownSync(file, user, group);
  } catch (error) {
    if (uid !== user || (error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}
