import { randomFillSync } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../src/kernel/random.ts';
import type { Scale } from './benchmark.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const SMALL_BYTES_MIN = KIB;
const SMALL_BYTES_MAX = 16 * KIB;
const FOLDER_FILES = 100;
const LARGE_FILES = 4;

/** One of the two trees that are copied and checked. Content is noise: no tool gains by packing it. */
export interface Tree {
  readonly name: string;
  readonly files: number;
  /** Upper bound of what it takes on the disk. */
  readonly bytesMax: number;
  readonly make: (folder: string) => void;
}

export function smallTree(scale: Scale): Tree {
  const { files } = scale;
  const folders = Math.ceil(files / FOLDER_FILES);
  return {
    name: `${files.toLocaleString('en')} files of 1–16 KiB in ${folders.toLocaleString('en')} folders`,
    files,
    bytesMax: files * SMALL_BYTES_MAX,
    make: (folder) => makeSmall(folder, files),
  };
}

export function largeTree(scale: Scale): Tree {
  const { largeMib } = scale;
  return {
    name: `${LARGE_FILES} files of ${largeMib} MiB`,
    files: LARGE_FILES,
    bytesMax: LARGE_FILES * largeMib * MIB,
    make: (folder) => makeLarge(folder, largeMib),
  };
}

function makeSmall(folder: string, files: number): void {
  const random = seededRandom(1);
  const content = Buffer.alloc(SMALL_BYTES_MAX);
  for (let file = 0; file < files; file += 1) {
    const inside = join(folder, `folder-${Math.floor(file / FOLDER_FILES)}`);
    if (file % FOLDER_FILES === 0) fs.mkdirSync(inside, { recursive: true });
    const sizeBytes = SMALL_BYTES_MIN + Math.floor(random() * (SMALL_BYTES_MAX - SMALL_BYTES_MIN + 1));
    fs.writeFileSync(
      join(inside, `file-${file % FOLDER_FILES}`),
      randomFillSync(content, 0, sizeBytes).subarray(0, sizeBytes),
    );
  }
}

function makeLarge(folder: string, mib: number): void {
  fs.mkdirSync(folder, { recursive: true });
  const block = Buffer.alloc(MIB);
  for (let file = 0; file < LARGE_FILES; file += 1) {
    const target = fs.openSync(join(folder, `large-${file}`), 'w');
    for (let written = 0; written < mib; written += 1) fs.writeSync(target, randomFillSync(block));
    fs.closeSync(target);
  }
}
