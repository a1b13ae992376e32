import type { ByteFiles } from '../../kernel/byte-files.ts';
import { FileError } from '../../kernel/files.ts';
import { BATCH_SUFFIX, REGISTRY_FOLDER } from './registry-spool.ts';

/**
 * Removes what the stream said of registries where none is protected any more: nobody takes it, and it would be done
 * late to one that is protected again. What is still coming in is the spool's. Where the disk refuses, it is for the next time.
 */
export function removeUnusedBatches(files: ByteFiles, stateDirectory: string): void {
  const folder = `${stateDirectory}/${REGISTRY_FOLDER}`;
  try {
    for (const name of files.list(folder)) if (name.endsWith(BATCH_SUFFIX)) files.remove(`${folder}/${name}`);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
  }
}
