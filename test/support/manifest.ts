import { createHash } from 'node:crypto';
import fs from 'node:fs';

/** Understudy's own folder beside protected files; never part of what is protected. */
const OWN_FOLDER = '.understudy';
const PERMISSION_MASK = 0o7777n;
const READ_BYTES = 1024 * 1024;
const DIFFERENCES_SHOWN_MAX = 40;

/** What one name in a tree holds. */
export interface ManifestEntry {
  readonly type: 'file' | 'folder' | 'symlink' | 'other';
  /** Permission bits; 0 for a symbolic link, where they mean nothing. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** 0 for everything but files. */
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  /** SHA-256 of a file's content in hex, or a link's target with one byte in each character. */
  readonly content: string;
  /** First path (in byte order) among those in the tree that are hard links to the same file. */
  readonly sameFileAs: string;
}

/** Everything in a tree by its path relative to the tree's root, one byte in each character; the root is ``. */
export type Manifest = ReadonlyMap<string, ManifestEntry>;

/**
 * Reads a whole tree with node:fs alone, independently of the product.
 * @param root - A folder. Must not change meanwhile.
 */
export function manifestOf(root: string): Manifest {
  const walk = new Walk();
  walk.item('', Buffer.from(root), fs.lstatSync(root, { bigint: true }));
  return walk.finish();
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
    if (expected[key] === found[key]) continue;
    const [wanted, is] = [said(key, expected[key]), said(key, found[key])];
    differences.push(`${shown(path)}: ${key} ${is} instead of ${wanted}`);
  }
  return differences;
}

function said(key: keyof ManifestEntry, value: string | number | bigint): string {
  return key === 'mode' ? `0${value.toString(8)}` : typeof value === 'string' ? shown(value) : String(value);
}

function shown(bytes: string): string {
  return JSON.stringify(bytes);
}

class Walk {
  readonly #entries = new Map<string, Omit<ManifestEntry, 'sameFileAs'>>();
  /** Paths of each file that has several links, by device and inode. */
  readonly #linked = new Map<string, string[]>();
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);

  item(path: string, whole: Buffer, stat: fs.BigIntStats): void {
    const type = typeOf(stat);
    this.#entries.set(path, {
      type,
      mode: type === 'symlink' ? 0 : Number(stat.mode & PERMISSION_MASK),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      sizeBytes: type === 'file' ? Number(stat.size) : 0,
      mtimeNs: stat.mtimeNs,
      content: this.#content(type, whole),
    });
    if (type === 'file' && stat.nlink > 1n) this.#remember(`${stat.dev}:${stat.ino}`, path);
    if (type === 'folder') this.#folder(path, whole);
  }

  finish(): Manifest {
    const firstOf = new Map<string, string>();
    for (const paths of this.#linked.values()) {
      const first = paths.sort()[0] ?? '';
      for (const path of paths) firstOf.set(path, first);
    }
    return new Map(
      [...this.#entries].map(([path, entry]) => [path, { ...entry, sameFileAs: firstOf.get(path) ?? path }]),
    );
  }

  #folder(path: string, whole: Buffer): void {
    for (const name of fs.readdirSync(whole, { encoding: 'buffer' })) {
      const text = name.toString('latin1');
      if (text === OWN_FOLDER) continue;
      const child = Buffer.concat([whole, Buffer.from('/'), name]);
      this.item(path === '' ? text : `${path}/${text}`, child, fs.lstatSync(child, { bigint: true }));
    }
  }

  #content(type: ManifestEntry['type'], whole: Buffer): string {
    if (type === 'symlink') return fs.readlinkSync(whole, { encoding: 'buffer' }).toString('latin1');
    if (type !== 'file') return '';
    const hash = createHash('sha256');
    const file = fs.openSync(whole, 'r');
    try {
      for (;;) {
        const count = fs.readSync(file, this.#buffer, 0, READ_BYTES, null);
        if (count === 0) return hash.digest('hex');
        hash.update(this.#buffer.subarray(0, count));
      }
    } finally {
      fs.closeSync(file);
    }
  }

  #remember(key: string, path: string): void {
    const paths = this.#linked.get(key);
    if (paths === undefined) this.#linked.set(key, [path]);
    else paths.push(path);
  }
}

function typeOf(stat: fs.BigIntStats): ManifestEntry['type'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'folder';
  return stat.isSymbolicLink() ? 'symlink' : 'other';
}

/** One line for each path in a tree. */
export function shownTree(root: string): string[] {
  return [...manifestOf(root)].map(([path, entry]) => `${path} ${Object.values(entry).map(String).join(' ')}`);
}
