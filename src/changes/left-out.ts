import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import { FILE_TYPE_FOLDER, FILE_TYPE_MASK, type Files, type NameAt, Stat } from '../kernel/files.ts';
import type { ProtectedSet } from './protected-set.ts';

/** Deeper than any path that Linux takes whole, so that a loop of mounts ends. */
const DEPTH_MAX = 2048;

/** What a folder holds that is protected, and what the settings leave out. */
interface Holdings {
  leftOut: boolean;
  /** Anything but folders that are there only for what is left out. */
  covered: boolean;
}

/**
 * Does a folder hold anything that the settings leave out? That is nobody's to move or to delete.
 * @param path - its protected path.
 * @throws FileError where it can't be read.
 */
export function holdsLeftOut(files: Files, set: ProtectedSet, at: NameAt, path: ByteString): boolean {
  if (set.coversAllBelow(path)) return false;
  return look(files, set, at, { path, depth: 0, until: ({ leftOut }) => leftOut }).leftOut;
}

/** Is a folder there only for what is left out, so that it does not count as an item itself? As {@link holdsLeftOut}. */
export function isShell(files: Files, set: ProtectedSet, at: NameAt, path: ByteString): boolean {
  if (set.coversAllBelow(path)) return false;
  const found = look(files, set, at, { path, depth: 0, until: ({ covered }) => covered });
  return found.leftOut && !found.covered;
}

function look(
  files: Files,
  set: ProtectedSet,
  at: NameAt,
  by: { path: ByteString; depth: number; until: (found: Holdings) => boolean },
): Holdings {
  const found: Holdings = { leftOut: false, covered: false };
  const stat = new Stat();
  const folder = files.openFolderAt(at.folder, at.name);
  try {
    for (const name of files.list(folder)) {
      if (!files.statAt(folder, name, stat)) continue;
      const isFolder = (stat.mode & FILE_TYPE_MASK) === FILE_TYPE_FOLDER;
      const path = joinPath(by.path, name);
      if (!set.covers(path, isFolder)) found.leftOut = true;
      else if (!isFolder || set.coversAllBelow(path) || by.depth >= DEPTH_MAX) found.covered = true;
      else {
        const below = look(files, set, { folder, name }, { ...by, path, depth: by.depth + 1 });
        found.leftOut ||= below.leftOut;
        found.covered ||= below.covered || !below.leftOut;
      }
      if (by.until(found)) return found;
    }
  } finally {
    files.close(folder);
  }
  return found;
}
