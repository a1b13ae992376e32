import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** This program's modules and libraries. */
const PROGRAM = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/**
 * What this process works from: itself, and these files and folders. As the kernel names them.
 * @param more - absolute paths; what is not there yet is named as it is.
 */
export function ownPlaces(more: readonly string[]): string[] {
  return [process.execPath, PROGRAM, ...more].map((path) => {
    try {
      return realpathSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return path;
    }
  });
}
