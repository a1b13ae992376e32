import fs from 'node:fs';
import { join } from 'node:path';

const KIB = 1024;
const MIB = 1024 * KIB;
const FILES = 8;
/** A file that is written all the time is told at intervals only. */
const ROUND_MS = 60;

/** The smallest bound that a queue may have. */
export const QUEUE_BYTES_MAX = 64 * MIB;
export const OVERFILLING_FILE_BYTES = 240 * KIB;
/** What {@link overfill} leaves in the folder. */
export const OVERFILLING_BYTES = FILES * OVERFILLING_FILE_BYTES;

/**
 * Changes more than a queue of {@link QUEUE_BYTES_MAX} can hold: the same few files in a folder, again and again.
 * @param seed - what the files hold in the end depends on it.
 */
export function overfill(folder: string, seed = 0): void {
  const rounds = Math.ceil((2 * QUEUE_BYTES_MAX) / OVERFILLING_BYTES);
  for (let round = 0; round < rounds; round++) {
    for (let file = 0; file < FILES; file++) {
      const content = Buffer.alloc(OVERFILLING_FILE_BYTES, `${String(seed + round)};`);
      fs.writeFileSync(join(folder, `large-${String(file)}`), content);
    }
    const goesOnAt = performance.now() + ROUND_MS;
    while (performance.now() < goesOnAt);
  }
}
