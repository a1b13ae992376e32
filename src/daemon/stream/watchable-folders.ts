import type { ProtectedSet } from '../../changes/protected-set.ts';
import type { ByteString } from '../../kernel/byte-string.ts';
import type { StreamInterception } from './thread-messages.ts';
import { FileError, type Files } from '../../kernel/files.ts';

/**
 * Real paths by which the file systems of the protected folders can be watched: a folder itself, or,
 * where it is not there yet, what is nearest above it. Those that are mounted over are not: the way to what lies
 * underneath is no path.
 */
export function watchableFolders(
  files: Files,
  base: ByteString,
  set: ProtectedSet,
  interception: StreamInterception | null = null,
): ByteString[] {
  const mounted = new Set(interception?.folders.map(({ path }) => path));
  return set.folders.flatMap(({ path }) => (mounted.has(path) ? [] : nearest(files, (base + path) as ByteString)));
}

function nearest(files: Files, path: ByteString): ByteString {
  for (let at = path; at.length > 1; at = (at.slice(0, at.lastIndexOf('/')) || '/') as ByteString) {
    try {
      files.close(files.openFolder(at));
      return at;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
    }
  }
  return '/' as ByteString;
}
