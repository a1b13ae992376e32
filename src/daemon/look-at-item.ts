import { RANGE_BYTES } from '../changes/change.ts';
import { type ByteString, fromText, toDisplay } from '../kernel/byte-string.ts';
import {
  FILE_TYPE_FOLDER,
  FILE_TYPE_MASK,
  FILE_TYPE_REGULAR,
  FILE_TYPE_SYMLINK,
  FileError,
  type Files,
  Stat,
} from '../kernel/files.ts';
import type { HashContent } from '../kernel/hash.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { type ItemLook, NOTHING_THERE } from './item-look.ts';

/** Content read for one look; beyond it two copies are told apart by size and time alone. */
const HASHED_BYTES_MAX = 1024 * 1024 * 1024;

/** Looks at one protected path as it is on this server's disk now. Blocks while it reads. */
export function lookAtItem(options: { files: Files; hash: HashContent; base: string; path: string }): ItemLook {
  const { files } = options;
  const real = `${options.base === '/' ? '' : options.base}${options.path}`;
  const cut = real.lastIndexOf('/');
  const name = fromText(real.slice(cut + 1));
  const stat = new Stat();
  let folder: number;
  try {
    folder = files.openFolder(fromText(real.slice(0, cut) || '/'));
  } catch (error) {
    if (error instanceof FileError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return NOTHING_THERE;
    throw error;
  }
  try {
    if (!files.statAt(folder, name, stat)) return NOTHING_THERE;
    const type = stat.mode & FILE_TYPE_MASK;
    return {
      type: nameOf(type),
      mode: stat.mode & ~FILE_TYPE_MASK,
      uid: stat.uid,
      gid: stat.gid,
      sizeBytes: stat.sizeBytes,
      mtimeSeconds: stat.mtimeSeconds,
      mtimeNanoseconds: stat.mtimeNanoseconds,
      target: type === FILE_TYPE_SYMLINK ? toDisplay(files.readLinkAt(folder, name)) : null,
      content: type === FILE_TYPE_REGULAR && stat.sizeBytes <= HASHED_BYTES_MAX ? hashOf(options, folder, name) : null,
    };
  } finally {
    files.close(folder);
  }
}

function nameOf(type: number): string {
  if (type === FILE_TYPE_REGULAR) return 'file';
  if (type === FILE_TYPE_FOLDER) return 'folder';
  return type === FILE_TYPE_SYMLINK ? 'symlink' : 'other';
}

/** Hash of the hashes of the content's ranges. */
function hashOf(options: { files: Files; hash: HashContent }, folder: number, name: ByteString): string {
  const { files, hash } = options;
  const file = files.openAt(folder, name, OPEN.readOnly | OPEN.noAccessTime | OPEN.nonBlocking);
  try {
    const range = new Uint8Array(RANGE_BYTES);
    const hashes: bigint[] = [];
    for (let position = 0; ; position += RANGE_BYTES) {
      const length = files.read(file, range, { offset: 0, length: RANGE_BYTES, position });
      if (length === 0) break;
      hashes.push(hash(range.subarray(0, length)));
    }
    return hash(new Uint8Array(BigUint64Array.from(hashes).buffer))
      .toString(16)
      .padStart(16, '0');
  } finally {
    files.close(file);
  }
}
