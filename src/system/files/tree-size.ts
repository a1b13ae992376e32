import { lstatSync, type Stats } from 'node:fs';
import type { OutsideLinks, TreeSize } from '../../kernel/tree-size.ts';
import { systemClock } from '../machine/clock.ts';
import { entriesIn, unlessRefused } from './folder-entries.ts';

const BLOCK_BYTES = 512;
const SLASH = Buffer.from('/');
/** Between two looks at the clock. */
const LOOK_NAMES = 256;

/**
 * Walks a folder, within its file system, for at most so long: for a worker. What can't be read counts nothing, and
 * what is linked meanwhile may be counted wrongly.
 * @param links - of the same file system; takes up the names of files that have several, beside those in folders walked before.
 */
export function treeSize(path: string, limitMs: number, links = new FileLinks()): TreeSize {
  const end = systemClock.monotonicMs() + limitMs;
  const device = status(path)?.dev;
  const waiting = [Buffer.from(path)];
  let [bytes, folders, looked] = [0, 0, 0];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    folders += 1;
    for (const { name } of entriesIn(folder)) {
      looked += 1;
      if (looked % LOOK_NAMES === 0 && systemClock.monotonicMs() > end) return { bytes, folders, isWhole: false };
      const item = Buffer.concat([folder, SLASH, name]);
      const stat = status(item);
      if (stat === undefined || stat.dev !== device) continue;
      if (stat.isDirectory()) waiting.push(item);
      else if (stat.nlink === 1 || links.isFirst(stat, item)) bytes += stat.blocks * BLOCK_BYTES;
    }
  }
  return { bytes, folders, isWhole: true };
}

/** Files of one file system that have several names, and how many of these were not found yet. */
export class FileLinks {
  readonly #files = new Map<number, { missing: number; readonly path: string }>();

  /** @returns whether no name of the file was found before. */
  isFirst({ ino, nlink }: Stats, path: Buffer): boolean {
    const found = this.#files.get(ino);
    if (found === undefined) this.#files.set(ino, { missing: nlink - 1, path: path.toString() });
    else found.missing -= 1;
    return found === undefined;
  }

  /** Files below a folder that have names which no walk has found. */
  outside(folder: string): OutsideLinks {
    const files = [...this.#files.values()].filter(({ missing, path }) => missing > 0 && path.startsWith(`${folder}/`));
    return { count: files.length, example: files[0]?.path ?? '' };
  }
}

function status(path: string | Buffer): Stats | undefined {
  return unlessRefused(() => lstatSync(path)) ?? undefined;
}
