import type { ByteString } from '../kernel/byte-string.ts';
import { isCarried } from '../changes/extended.ts';
import { permissionsOf, typeOf } from '../changes/node-facts.ts';
import { FileError, type Files, type NameAt, Stat } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';

const CHUNK_BYTES = 256 * 1024;
/** Deeper than any path that Linux takes whole (4096 bytes), so that a loop of mounts ends. */
const DEPTH_MAX = 2048;

/** Bytes and number of what a name holds, the name itself counted. */
export function measure(files: Files, at: NameAt): { bytes: number; items: number } {
  const total = { bytes: 0, items: 0 };
  walk(files, at, 0, (stat) => {
    total.items++;
    if (typeOf(stat) === 'file') total.bytes += stat.sizeBytes;
  });
  return total;
}

/** Removes a name with everything below it. */
export function removeAll(files: Files, at: NameAt): void {
  const stat = new Stat();
  if (!files.statAt(at.folder, at.name, stat)) return;
  if (typeOf(stat) !== 'folder') return files.unlinkAt(at.folder, at.name);
  const folder = files.openFolderAt(at.folder, at.name);
  try {
    for (const name of files.list(folder)) removeAll(files, { folder, name });
  } finally {
    files.close(folder);
  }
  files.removeFolderAt(at.folder, at.name);
}

/**
 * Copies what is carried with mode, owner, time and, as far as they can be read and set, extended
 * attributes; sockets are left out. The target must be free.
 */
export function copyAll(files: Files, from: NameAt, to: NameAt): void {
  const stat = new Stat();
  if (!files.statAt(from.folder, from.name, stat)) return;
  const type = typeOf(stat);
  switch (type) {
    case 'other':
      return;
    case 'symlink':
      files.symlinkAt(files.readLinkAt(from.folder, from.name), to.folder, to.name);
      break;
    case 'file':
      copyFile(files, from, to);
      break;
    case 'folder':
      copyFolder(files, from, to);
      break;
    default:
      files.makeNodeAt(to, stat.mode, { major: stat.deviceMajor, minor: stat.deviceMinor });
  }
  files.setOwnerAt(to.folder, to.name, stat);
  copyXattrs(files, from, to);
  if (type !== 'symlink') files.setModeAt(to.folder, to.name, permissionsOf(stat));
  files.setMtimeAt(to.folder, to.name, { seconds: stat.mtimeSeconds, nanoseconds: stat.mtimeNanoseconds });
}

function copyXattrs(files: Files, from: NameAt, to: NameAt): void {
  for (const name of files.listXattrs(from).filter(isCarried)) {
    try {
      const value = files.getXattr(from, name);
      if (value !== null) files.setXattr(to, name, value);
    } catch (error) {
      // The content is what is kept; the file system may have no place for more.
      if (!(error instanceof FileError)) throw error;
    }
  }
}

function copyFolder(files: Files, from: NameAt, to: NameAt): void {
  files.makeFolderAt(to.folder, to.name, 0o700);
  const source = files.openFolderAt(from.folder, from.name);
  let target: number | null = null;
  try {
    target = files.openFolderAt(to.folder, to.name);
    for (const name of files.list(source)) copyAll(files, { folder: source, name }, { folder: target, name });
  } finally {
    files.close(source);
    if (target !== null) files.close(target);
  }
}

function copyFile(files: Files, from: NameAt, to: NameAt): void {
  const source = files.openAt(from.folder, from.name, OPEN.readOnly | OPEN.nonBlocking);
  try {
    const target = files.openAt(to.folder, to.name, OPEN.writeOnly | OPEN.create | OPEN.exclusive, 0o600);
    try {
      copyContent(files, source, target);
    } finally {
      files.close(target);
    }
  } finally {
    files.close(source);
  }
}

export function copyContent(files: Files, source: number, target: number): void {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = 0; ; ) {
    const count = files.read(source, chunk, { offset: 0, length: chunk.length, position });
    if (count === 0) return;
    files.write(target, chunk.subarray(0, count), position);
    position += count;
  }
}

function walk(files: Files, at: NameAt, depth: number, visit: (stat: Readonly<Stat>, name: ByteString) => void): void {
  const stat = new Stat();
  if (!files.statAt(at.folder, at.name, stat)) return;
  visit(stat, at.name);
  if (typeOf(stat) !== 'folder' || depth > DEPTH_MAX) return;
  const folder = files.openFolderAt(at.folder, at.name);
  try {
    for (const name of files.list(folder)) walk(files, { folder, name }, depth + 1, visit);
  } finally {
    files.close(folder);
  }
}
