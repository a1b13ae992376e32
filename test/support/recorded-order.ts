import fs from 'node:fs';
import { ringBytes, WORD } from '../../src/intercept/ring-memory.ts';
import { MIB } from '../../src/kernel/units.ts';
import type { TrialServer } from './server.ts';

/** Of the daemon's ring (interception.ts). */
const RING_BYTES = ringBytes(16 * MIB);

/** How many records the server's daemon has begun so far, whatever came of them. */
export function recordsBegun({ daemon }: TrialServer): number {
  const folder = `/proc/${String(daemon?.pid)}/fd`;
  for (const name of fs.readdirSync(folder)) {
    const path = `${folder}/${name}`;
    if (!isRing(path)) continue;
    const words = Buffer.alloc((WORD.orderLow + 1) * 4);
    const file = fs.openSync(path, 'r');
    fs.readSync(file, words, 0, words.length, 0);
    fs.closeSync(file);
    return words.readUInt32LE(WORD.orderLow * 4);
  }
  throw new Error('the daemon has no ring of records');
}

/** Descriptors come and go meanwhile. */
function isRing(path: string): boolean {
  try {
    return fs.readlinkSync(path).startsWith('/memfd:') && fs.statSync(path).size === RING_BYTES;
  } catch {
    return false;
  }
}
