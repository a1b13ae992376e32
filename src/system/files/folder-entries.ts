import { type Dir, type Dirent, opendirSync } from 'node:fs';

/** All at once the names of a folder may take a hundred MiB. */
const ENTRIES_AT_ONCE = 256;

/** The names in a folder are bytes. */
export type FolderEntry = Dirent<Buffer>;

/** What is in a folder, in whatever order, read as it is asked for. Ends where the file system says no: of a folder that can't be read there is nothing. */
export function* entriesIn(folder: Buffer): Iterable<FolderEntry> {
  const open = unlessRefused(() => opened(folder));
  if (open === null) return;
  try {
    for (let entry = next(open); entry !== null; entry = next(open)) yield entry;
  } finally {
    open.closeSync();
  }
}

/** Both take bytes for names, which the declarations of Node leave out. */
function opened(folder: Buffer): Dir {
  const options = { encoding: 'buffer' as BufferEncoding, bufferSize: ENTRIES_AT_ONCE };
  return opendirSync(folder as unknown as string, options);
}

function next(folder: Dir): FolderEntry | null {
  return unlessRefused(() => folder.readSync()) as FolderEntry | null;
}

/** Null where the file system says no. */
export function unlessRefused<Value>(action: () => Value): Value | null {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}
