import { randomFillSync } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../src/kernel/random.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** So far apart that no tool takes two changes of one file for one. */
const APART_MS = 15;
const LOGS = 10;
const LOG_BYTES = MIB;
const APPEND_BYTES = 4 * KIB;
const BLOCK_BYTES = 8 * KIB;
const RENAMED_FOLDERS = 10;
const RENAMED_FILES = 100;
const RENAMED_BYTES = 8 * KIB;
const SMALL_FILES = 500;
const SMALL_BYTES = 4 * KIB;

/** Something an application does to its files, in a folder of its own. */
export interface Workload {
  readonly name: string;
  readonly folder: string;
  /** What one of its changes is called. */
  readonly unit: string;
  /** Bytes that one change writes; 0 where it writes none. */
  readonly changeBytes: number;
  /** Fills the folder. */
  make(folder: string): void;
  /** @returns how many changes it made. */
  change(folder: string, random: Random, count: number): Promise<number>;
}

/** @param largeMib - size of the file that is written in place. */
export function workloads(largeMib: number): readonly Workload[] {
  return [
    {
      name: `appends of ${String(APPEND_BYTES / KIB)} KiB to files of ${String(LOG_BYTES / MIB)} MiB`,
      folder: 'appended',
      unit: 'append',
      changeBytes: APPEND_BYTES,
      make: (folder) => fill(folder, LOGS, LOG_BYTES),
      change: async (folder, random, count) => {
        for (let index = 0; index < count; index += 1) {
          fs.appendFileSync(join(folder, any(random, LOGS)), noise(APPEND_BYTES));
          await pause(APART_MS);
        }
        return count;
      },
    },
    inPlace(largeMib),
    {
      name: `renames of folders with ${String(RENAMED_FILES)} files of ${String(RENAMED_BYTES / KIB)} KiB`,
      folder: 'renamed',
      unit: 'rename',
      changeBytes: 0,
      make: (folder) => {
        for (let index = 0; index < RENAMED_FOLDERS; index += 1) {
          fill(join(folder, `folder-${String(index)}`), RENAMED_FILES, RENAMED_BYTES);
        }
      },
      change: async (folder) => {
        const names = fs.readdirSync(folder);
        for (const name of names) {
          fs.renameSync(join(folder, name), join(folder, `${name}x`));
          await pause(APART_MS);
        }
        return names.length;
      },
    },
    {
      name: `rewrites of files of ${String(SMALL_BYTES / KIB)} KiB`,
      folder: 'rewritten',
      unit: 'rewrite',
      changeBytes: SMALL_BYTES,
      make: (folder) => fill(folder, SMALL_FILES, SMALL_BYTES),
      change: async (folder, random, count) => {
        for (let index = 0; index < count; index += 1) {
          fs.writeFileSync(join(folder, any(random, SMALL_FILES)), noise(SMALL_BYTES));
          await pause(APART_MS);
        }
        return count;
      },
    },
  ];
}

function inPlace(largeMib: number): Workload {
  return {
    name: `writes of ${String(BLOCK_BYTES / KIB)} KiB in place, in a file of ${String(largeMib)} MiB`,
    folder: 'in-place',
    unit: 'write',
    changeBytes: BLOCK_BYTES,
    make: (folder) => fill(folder, 1, largeMib * MIB),
    change: async (folder, random, count) => {
      const file = fs.openSync(join(folder, 'file-0'), 'r+');
      try {
        for (let index = 0; index < count; index += 1) {
          const block = Math.floor(random() * ((largeMib * MIB) / BLOCK_BYTES));
          fs.writeSync(file, noise(BLOCK_BYTES), 0, BLOCK_BYTES, block * BLOCK_BYTES);
          await pause(APART_MS);
        }
      } finally {
        fs.closeSync(file);
      }
      return count;
    },
  };
}

function any(random: Random, count: number): string {
  return `file-${String(Math.floor(random() * count))}`;
}

function fill(folder: string, files: number, sizeBytes: number): void {
  fs.mkdirSync(folder, { recursive: true });
  for (let index = 0; index < files; index += 1) {
    const file = fs.openSync(join(folder, `file-${String(index)}`), 'w');
    for (let left = sizeBytes; left > 0; left -= MIB) fs.writeSync(file, noise(Math.min(left, MIB)));
    fs.closeSync(file);
  }
}

/** No tool gains by packing it. */
function noise(sizeBytes: number): Buffer {
  return randomFillSync(Buffer.alloc(sizeBytes));
}

/** Does a copy hold what the folder holds? By names and content, which is all that every tool carries. */
export function sameTree(folder: string, copy: string): boolean {
  try {
    const names = fs.readdirSync(folder).sort();
    if (names.join('\n') !== fs.readdirSync(copy).sort().join('\n')) return false;
    return names.every((name) => {
      const [one, other] = [join(folder, name), join(copy, name)];
      return fs.statSync(one).isDirectory() ? sameTree(one, other) : sameFile(one, other);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function sameFile(one: string, other: string): boolean {
  if (fs.statSync(one).size !== fs.statSync(other).size) return false;
  const [first, second] = [fs.openSync(one, 'r'), fs.openSync(other, 'r')];
  try {
    const [here, there] = [Buffer.alloc(MIB), Buffer.alloc(MIB)];
    for (;;) {
      const count = fs.readSync(first, here);
      fs.readSync(second, there);
      if (count === 0) return true;
      if (!here.subarray(0, count).equals(there.subarray(0, count))) return false;
    }
  } finally {
    fs.closeSync(first);
    fs.closeSync(second);
  }
}
