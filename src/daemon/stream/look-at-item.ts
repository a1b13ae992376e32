import { RANGE_BYTES } from '../../changes/change.ts';
import { readExtended } from '../../changes/extended.ts';
import { deviceTarget, isDevice, nodeTypeOf, sayType } from '../../changes/node-type.ts';
import { type ByteString, fromText, toDisplay } from '../../kernel/byte-string.ts';
import { FILE_TYPE_MASK, type Files, isAbsence, Stat } from '../../kernel/files.ts';
import type { HashContent } from '../../kernel/hash.ts';
import { openBelow } from '../../kernel/open-below.ts';
import { OPEN } from '../../kernel/open-flags.ts';
import { type ItemLook, NOTHING_THERE } from '../status/item-look.ts';

/** Content read for one look; beyond it two copies are told apart by size and time alone. */
const HASHED_BYTES_MAX = 1024 * 1024 * 1024;
/** The kernel takes no longer path at once (PATH_MAX, its NUL counted). */
const PATH_BYTES_MAX = 4095;

/** Looks at one protected path as it is on this server's disk now. Blocks while it reads. */
export function lookAtItem(options: { files: Files; hash: HashContent; base: string; path: string }): ItemLook {
  const { files } = options;
  const real = fromText(`${options.base === '/' ? '' : options.base}${options.path}`);
  const cut = real.lastIndexOf('/');
  const name = real.slice(cut + 1) as ByteString;
  const stat = new Stat();
  let folder: number;
  try {
    folder = openFolder(files, (real.slice(0, cut) || '/') as ByteString);
  } catch (error) {
    if (isAbsence(error)) return NOTHING_THERE;
    throw error;
  }
  try {
    if (!files.statAt(folder, name, stat)) return NOTHING_THERE;
    const type = nodeTypeOf(stat.mode) ?? 'other';
    readExtended(files, { folder, name }, stat);
    return {
      type: sayType(type),
      mode: stat.mode & ~FILE_TYPE_MASK,
      uid: stat.uid,
      gid: stat.gid,
      sizeBytes: stat.sizeBytes,
      mtimeSeconds: stat.mtimeSeconds,
      mtimeNanoseconds: stat.mtimeNanoseconds,
      target: type === 'symlink' ? toDisplay(files.readLinkAt(folder, name)) : null,
      device: type !== 'other' && isDevice(type) ? deviceTarget(stat) : null,
      content: type === 'file' && stat.sizeBytes <= HASHED_BYTES_MAX ? hashOf(options, folder, name) : null,
      extended: stat.extended ?? '',
    };
  } finally {
    files.close(folder);
  }
}

/** A path may be longer than the kernel takes: then the rest of the way goes folder by folder. */
function openFolder(files: Files, path: ByteString): number {
  if (path.length <= PATH_BYTES_MAX) return files.openFolder(path);
  const cut = path.lastIndexOf('/', PATH_BYTES_MAX);
  const names = path.slice(cut + 1).split('/') as ByteString[];
  return openBelow(files, files.openFolder(path.slice(0, cut) as ByteString), names);
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
