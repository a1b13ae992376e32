import type { ByteString } from './byte-string.ts';
import type { FolderFiles } from './files.ts';

/**
 * Opens a folder name by name, without following links.
 * @param from - descriptor of the folder to begin with; it is closed, whatever happens, unless no name is given.
 * @throws FileError as openat(2)
 */
export function openBelow(
  files: Pick<FolderFiles, 'openFolderAt'> & { close(file: number): void },
  from: number,
  names: readonly ByteString[],
): number {
  let folder = from;
  for (const name of names) {
    const above = folder;
    try {
      folder = files.openFolderAt(above, name);
    } finally {
      files.close(above);
    }
  }
  return folder;
}
