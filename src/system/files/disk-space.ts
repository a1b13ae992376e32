import { statfsSync } from 'node:fs';

import { FileError } from '../../kernel/files.ts';

/** Of the file system that holds `path`. `freeBytes` is what an ordinary user may still write. */
export function freeSpace(path: string | Buffer): { readonly freeBytes: number; readonly totalBytes: number } {
  try {
    const { bavail, blocks, bsize } = statfsSync(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException;
    throw new FileError({ code, call: 'statfs', path: String(path) });
  }
}
