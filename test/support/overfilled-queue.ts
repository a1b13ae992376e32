import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { TrialServer } from './server.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const FILES = 8;
/** A file that is written all the time is told at intervals only. */
const ROUND_MS = 60;
const LOOK_EVERY_ROUNDS = 8;
const WITHIN_MS = 240_000;

/** The smallest bound that a queue may have. */
export const QUEUE_BYTES_MAX = 64 * MIB;
export const OVERFILLING_FILE_BYTES = 240 * KIB;
/** What {@link overfill} leaves in the folder. */
export const OVERFILLING_BYTES = FILES * OVERFILLING_FILE_BYTES;

/**
 * Changes the same few files of a server's data, again and again, until its queue of {@link QUEUE_BYTES_MAX} is
 * given up: how much of it is captured depends on the machine.
 * @param seed - what the files hold in the end depends on it.
 */
export async function overfill(server: TrialServer, seed = 0): Promise<void> {
  const end = performance.now() + WITHIN_MS;
  for (let round = 0; ; round++) {
    for (let file = 0; file < FILES; file++) {
      const content = Buffer.alloc(OVERFILLING_FILE_BYTES, `${String(seed + round)};`);
      fs.writeFileSync(join(server.data, `large-${String(file)}`), content);
    }
    await pause(ROUND_MS);
    if (round % LOOK_EVERY_ROUNDS === 0 && (await server.findings('L9')).length > 0) return;
    if (performance.now() > end) throw new Error(`The queue was not given up within ${String(WITHIN_MS)} ms`);
  }
}
