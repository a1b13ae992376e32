import fs from 'node:fs';
import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { fromText } from '../../kernel/byte-string.ts';
import { SystemFileUses } from './file-use.ts';
import { threadData } from '../processes/threads.ts';

/**
 * A thread that writes a file as Apply does, asks each time whether it is in use, and tells how often it seemed so.
 * What it shares: how often it has asked, and whether it is to end.
 */
const { folder, shared } = threadData<{ folder: string; shared: Int32Array<SharedArrayBuffer> }>();
const uses = new SystemFileUses(false);
const opened = fs.openSync(folder, 'r');
let used = 0;
for (; Atomics.load(shared, 1) === 0; Atomics.add(shared, 0, 1)) {
  if (uses.useOf(opened, fromText('file'), true) !== null) used += 1;
  const file = fs.openSync(join(folder, 'file'), 'r+');
  fs.writeSync(file, 'x');
  fs.closeSync(file);
}
fs.closeSync(opened);
parentPort?.postMessage(used);
