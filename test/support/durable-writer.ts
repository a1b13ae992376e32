/**
 * A small program that keeps its promises across a power cut, or breaks one on request; the rig for
 * power cuts is proven with it. `node durable-writer.ts FOLDER ACKNOWLEDGED FAULT` writes until it is
 * killed; the number of each round stands in the file ACKNOWLEDGED, outside, once the round is durable.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** `log`: appends without fdatasync. `state`: no fsync before the rename. `file`: a new file without fsync. */
export type PlantedFault = 'none' | 'log' | 'state' | 'file';

const LOG_RECORD_BYTES = 512;
const STATE_BYTES = 9_000;
const FILE_BYTES = 5_000;
const HEAD_BYTES = 36;
const ROUND_PAUSE_MS_MAX = 15;

function body(round: number, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes, `${round};`);
  bytes.writeUInt32LE(round, 0);
  createHash('sha256').update(bytes.subarray(HEAD_BYTES)).digest().copy(bytes, 4);
  return bytes;
}

/** @returns the round, or null where the bytes are not what was written. */
function roundOf(bytes: Buffer, sizeBytes: number): number | null {
  if (bytes.length !== sizeBytes) return null;
  const digest = createHash('sha256').update(bytes.subarray(HEAD_BYTES)).digest();
  return digest.equals(bytes.subarray(4, HEAD_BYTES)) ? bytes.readUInt32LE(0) : null;
}

async function write(folder: string, acknowledged: string, fault: PlantedFault): Promise<never> {
  fs.mkdirSync(join(folder, 'files'));
  const [top, files] = [fs.openSync(folder, 'r'), fs.openSync(join(folder, 'files'), 'r')];
  const log = fs.openSync(join(folder, 'log'), 'a');
  fs.fsyncSync(top);
  for (let round = 1; ; round++) {
    fs.writeSync(log, body(round, LOG_RECORD_BYTES));
    if (fault !== 'log') fs.fdatasyncSync(log);
    writeFile(join(folder, 'state.new'), body(round, STATE_BYTES), fault !== 'state');
    fs.renameSync(join(folder, 'state.new'), join(folder, 'state'));
    fs.fsyncSync(top);
    writeFile(join(folder, 'files', String(round)), body(round, FILE_BYTES), fault !== 'file');
    fs.fsyncSync(files);
    // As a whole: who reads it meanwhile meets this round or the one before.
    fs.writeFileSync(`${acknowledged}.new`, String(round));
    fs.renameSync(`${acknowledged}.new`, acknowledged);
    await pause(round % (ROUND_PAUSE_MS_MAX + 1));
  }
}

function writeFile(path: string, bytes: Buffer, sync: boolean): void {
  const file = fs.openSync(path, 'w');
  fs.writeSync(file, bytes);
  if (sync) fs.fsyncSync(file);
  fs.closeSync(file);
}

/** Which promises of the program a folder breaks, given the last round acknowledged before the cut. */
export function brokenPromises(folder: string, acknowledged: number): string[] {
  const broken: string[] = [];
  const log = fs.readFileSync(join(folder, 'log'));
  let logged = 0;
  while (
    roundOf(log.subarray(logged * LOG_RECORD_BYTES, (logged + 1) * LOG_RECORD_BYTES), LOG_RECORD_BYTES) ===
    logged + 1
  ) {
    logged++;
  }
  if (logged < acknowledged) broken.push(`the log ends at ${logged}, acknowledged was ${acknowledged}`);
  const state = roundOf(fs.readFileSync(join(folder, 'state')), STATE_BYTES);
  if (state === null) broken.push('the state is torn');
  else if (state < acknowledged) broken.push(`the state is of ${state}, acknowledged was ${acknowledged}`);
  let lost = 0;
  for (let round = 1; round <= acknowledged; round++) {
    const path = join(folder, 'files', String(round));
    if (!fs.existsSync(path) || roundOf(fs.readFileSync(path), FILE_BYTES) !== round) lost++;
  }
  if (lost > 0) broken.push(`${lost} of ${acknowledged} files are missing or torn`);
  return broken;
}

if (import.meta.main) {
  const [folder = '', acknowledged = '', fault = 'none'] = process.argv.slice(2);
  await write(folder, acknowledged, fault as PlantedFault);
}
