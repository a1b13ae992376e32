import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import { flagsOf, flagsOfOpen, holesOf, longHolesOf, onOpen, xattrsOf } from './raw-calls.ts';

/** Understudy's own folder beside protected files; never part of what is protected. */
const OWN_FOLDER = '.understudy';
const PERMISSION_MASK = 0o7777n;
/** Another form in which XFS shows access control lists to root. */
const OF_XFS = 'trusted.SGI_ACL_';
/** Which each machine gives by its own policy. */
const LABELS = new Set(['security.selinux']);
const READ_BYTES = 1024 * 1024;
/** Holes of so much are not read: the kernel makes their zeros, and to hash those of some GiB takes long. */
const LONG_HOLE_BYTES = 16 * 1024 * 1024;
const DIFFERENCES_SHOWN_MAX = 40;
/** Errors of an item that is gone, or another one, since it was listed. */
const MOVED = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENODATA', 'EINVAL']);

/** What one name in a tree holds. */
export interface ManifestEntry {
  readonly type: 'file' | 'folder' | 'symlink' | 'fifo' | 'characterDevice' | 'blockDevice' | 'other';
  /** Permission bits; 0 for a symbolic link, where they mean nothing. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** 0 for everything but files. */
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  /** SHA-256 of a file's content in hex (long holes by their place), a link's target with one byte in each character, a device's number. */
  readonly content: string;
  /** Every extended attribute with its value in hex, access control lists and capabilities among them. */
  readonly xattrs: string;
  /** Bits: immutable 16, append-only 32. */
  readonly flags: number;
  /** Where a file takes no space, or space that is only reserved. */
  readonly holes: string;
  /**
   * Does it take as much space as it is long, by what the file system counts? Extended attributes may be counted with it,
   * which one file system puts elsewhere than the other: this alone is no difference.
   */
  readonly isDense: boolean;
  /** First path (in byte order) among those in the tree that are hard links to the same file. */
  readonly sameFileAs: string;
}

/** Everything in a tree by its path relative to the tree's root, one byte in each character; the root is ``. */
export type Manifest = ReadonlyMap<string, ManifestEntry>;

/**
 * Reads a whole tree independently of the product, however long its paths are.
 * @param root - A folder. Must not change meanwhile.
 */
export function manifestOf(root: string): Manifest {
  const walk = new Walk();
  walk.item('', Buffer.from(root));
  return walk.finish();
}

/** The same of one in which somebody works: null where what was listed had gone, or was another thing, when it was looked at. */
export function manifestUnlessMoved(root: string): Manifest | null {
  try {
    return manifestOf(root);
  } catch (error) {
    if (MOVED.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** Each way in which two trees differ, in words; empty when they are the same. */
export function compareManifests(expected: Manifest, found: Manifest): string[] {
  const differences: string[] = [];
  for (const [path, entry] of expected) {
    const other = found.get(path);
    if (other === undefined) differences.push(`${shown(path)}: missing`);
    else differences.push(...compareEntries(path, entry, other));
  }
  for (const path of found.keys()) if (!expected.has(path)) differences.push(`${shown(path)}: not expected`);
  if (differences.length <= DIFFERENCES_SHOWN_MAX) return differences;
  const more = differences.length - DIFFERENCES_SHOWN_MAX;
  return [...differences.slice(0, DIFFERENCES_SHOWN_MAX), `and ${more} more`];
}

function compareEntries(path: string, expected: ManifestEntry, found: ManifestEntry): string[] {
  if (expected.type !== found.type) return [`${shown(path)}: ${found.type} instead of ${expected.type}`];
  const differences: string[] = [];
  for (const key of Object.keys(expected) as (keyof ManifestEntry)[]) {
    if (expected[key] === found[key] || key === 'isDense') continue;
    if (key === 'holes' && expected.isDense && found.isDense) continue;
    const [wanted, is] = [said(key, expected[key]), said(key, found[key])];
    differences.push(`${shown(path)}: ${key} ${is} instead of ${wanted}`);
  }
  return differences;
}

function said(key: keyof ManifestEntry, value: ManifestEntry[keyof ManifestEntry]): string {
  return key === 'mode' ? `0${value.toString(8)}` : typeof value === 'string' ? shown(value) : String(value);
}

function shown(bytes: string): string {
  return JSON.stringify(bytes);
}

/** What only an open file or folder tells. */
interface Inside {
  readonly content: string;
  readonly flags: number;
  readonly holes: string;
}

class Walk {
  readonly #entries = new Map<string, { -readonly [Key in keyof ManifestEntry]: ManifestEntry[Key] }>();
  /** Paths of each file that has several links, by device and inode. */
  readonly #linked = new Map<string, string[]>();
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);

  /** @param at - leads to the item; short, however deep it lies. */
  item(path: string, at: Buffer): void {
    const stat = fs.lstatSync(at, { bigint: true });
    const type = typeOf(stat);
    this.#entries.set(path, {
      type,
      mode: type === 'symlink' ? 0 : Number(stat.mode & PERMISSION_MASK),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      sizeBytes: type === 'file' ? Number(stat.size) : 0,
      mtimeNs: stat.mtimeNs,
      ...this.#inside(type, at, stat),
      xattrs: shownXattrs(at),
      isDense: stat.blocks * 512n >= stat.size,
      sameFileAs: path,
    });
    if (type !== 'folder' && stat.nlink > 1n) this.#remember(`${stat.dev}:${stat.ino}`, path);
    if (type === 'folder') this.#folder(path, at);
  }

  finish(): Manifest {
    for (const paths of this.#linked.values()) {
      const first = paths.sort()[0] ?? '';
      for (const path of paths) {
        const entry = this.#entries.get(path);
        if (entry !== undefined) entry.sameFileAs = first;
      }
    }
    return this.#entries;
  }

  #folder(path: string, at: Buffer): void {
    const folder = fs.openSync(at, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    const inside = Buffer.from(`/proc/self/fd/${folder}/`);
    try {
      for (const name of fs.readdirSync(inside, { encoding: 'buffer' })) {
        const text = name.toString('latin1');
        if (text === OWN_FOLDER) continue;
        this.item(path === '' ? text : `${path}/${text}`, Buffer.concat([inside, name]));
      }
    } finally {
      fs.closeSync(folder);
    }
  }

  #inside(type: ManifestEntry['type'], at: Buffer, stat: fs.BigIntStats): Inside {
    if (type === 'file') return onOpen(at, (file) => this.#file(file, stat));
    if (type === 'folder') return { content: '', flags: flagsOf(at), holes: '' };
    return { content: contentOfNode(type, at, stat), flags: 0, holes: '' };
  }

  #file(file: number, stat: fs.BigIntStats): Inside {
    const hash = createHash('sha256');
    const sizeBytes = Number(stat.size);
    let at = 0;
    for (const { from, to } of sizeBytes < LONG_HOLE_BYTES ? [] : longHolesOf(file, sizeBytes, LONG_HOLE_BYTES)) {
      this.#read(file, { hash, from: at, to: from });
      hash.update(`hole ${from}-${to}`);
      at = to;
    }
    if (sizeBytes > 0) this.#read(file, { hash, from: at, to: Number.POSITIVE_INFINITY });
    const holes = sizeBytes > 0 ? holesOf(file, sizeBytes) : '';
    return { content: hash.digest('hex'), flags: flagsOfOpen(file), holes };
  }

  /** Up to `to`, or to the end. */
  #read(file: number, { hash, from, to }: { readonly hash: Hash; readonly from: number; readonly to: number }): void {
    for (let at = from; at < to; ) {
      const count = fs.readSync(file, this.#buffer, 0, Math.min(READ_BYTES, to - at), at);
      if (count === 0) return;
      hash.update(this.#buffer.subarray(0, count));
      at += count;
    }
  }

  #remember(key: string, path: string): void {
    const paths = this.#linked.get(key);
    if (paths === undefined) this.#linked.set(key, [path]);
    else paths.push(path);
  }
}

function contentOfNode(type: ManifestEntry['type'], at: Buffer, stat: fs.BigIntStats): string {
  if (type === 'symlink') return fs.readlinkSync(at, { encoding: 'buffer' }).toString('latin1');
  return type === 'characterDevice' || type === 'blockDevice' ? `device ${stat.rdev}` : '';
}

function shownXattrs(at: Buffer): string {
  const xattrs = xattrsOf(at);
  if (xattrs.size === 0) return '';
  return [...xattrs]
    .filter(([name]) => !LABELS.has(name) && !name.startsWith(OF_XFS))
    .map(([name, value]) => `${name}=${value.toString('hex')}`)
    .join(' ');
}

function typeOf(stat: fs.BigIntStats): ManifestEntry['type'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'folder';
  if (stat.isFIFO()) return 'fifo';
  if (stat.isCharacterDevice()) return 'characterDevice';
  if (stat.isBlockDevice()) return 'blockDevice';
  return stat.isSymbolicLink() ? 'symlink' : 'other';
}

/** One line for each path in a tree. */
export function shownTree(root: string): string[] {
  return [...manifestOf(root)].map(([path, entry]) => `${path} ${Object.values(entry).map(String).join(' ')}`);
}
