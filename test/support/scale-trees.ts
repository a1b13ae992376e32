import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../../src/kernel/random.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const FILES_PER_FOLDER = 100;
const WRITE_BYTES = 8 * KIB;

/** Every fourth has content: a million blocks of 4 KiB on two servers are more than a proof needs. */
export function plantFiles(data: string, count: number): void {
  for (let file = 0; file < count; file++) {
    const folder = join(data, `folder-${String(Math.floor(file / FILES_PER_FOLDER))}`);
    if (file % FILES_PER_FOLDER === 0) fs.mkdirSync(folder);
    const content = file % 4 === 0 ? `content of ${String(file)}\n`.repeat((file % 17) + 1) : '';
    fs.writeFileSync(join(folder, `file-${String(file % FILES_PER_FOLDER)}`), content);
  }
}

/** Appends to some of what {@link plantFiles} made, all over the tree, at a steady pace. */
export async function changeFiles(
  data: string,
  { of, changes, perSecond }: { of: number; changes: number; perSecond: number },
): Promise<void> {
  const start = performance.now();
  for (let change = 0; change < changes; change++) {
    const file = Math.floor((change * of) / changes);
    const folder = join(data, `folder-${String(Math.floor(file / FILES_PER_FOLDER))}`);
    fs.appendFileSync(join(folder, `file-${String(file % FILES_PER_FOLDER)}`), `change ${String(change)}\n`);
    await pause(Math.max(0, start + ((change + 1) * 1000) / perSecond - performance.now()));
  }
}

/** A file of noise. */
export function plantLarge(path: string, sizeBytes: number): void {
  const random = seededRandom(7);
  const block = Buffer.alloc(MIB);
  const file = fs.openSync(path, 'w');
  for (let at = 0; at < sizeBytes; at += MIB) {
    for (let word = 0; word < MIB; word += 4) block.writeUInt32LE(Math.floor(random() * 2 ** 32), word);
    fs.writeSync(file, block);
  }
  fs.closeSync(file);
}

/** Writes pages of 8 KiB as a database does: in place, the file open all the while. */
export function writeAtRandom(path: string, { sizeBytes, writes }: { sizeBytes: number; writes: number }): void {
  const random = seededRandom(11);
  const file = fs.openSync(path, 'r+');
  for (let write = 0; write < writes; write++) {
    const page = Math.floor(random() * (sizeBytes / WRITE_BYTES));
    fs.writeSync(file, Buffer.alloc(WRITE_BYTES, `write ${String(write)} `), 0, WRITE_BYTES, page * WRITE_BYTES);
  }
  fs.closeSync(file);
}
