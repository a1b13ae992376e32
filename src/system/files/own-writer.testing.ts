import fs from 'node:fs';
import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { fromText } from '../../kernel/byte-string.ts';
import { SystemFileUses } from './file-use.ts';
import { threadData } from '../processes/threads.ts';

/** A thread that writes a file as Apply does, asks each time whether it is in use, and tells how often it seemed so. */
const { folder, ended } = threadData<{ folder: string; ended: Int32Array<SharedArrayBuffer> }>();
const uses = new SystemFileUses(false);
const opened = fs.openSync(folder, 'r');
let [asked, used] = [0, 0];
for (; Atomics.load(ended, 0) === 0; asked += 1) {
  if (uses.useOf(opened, fromText('file'), true) !== null) used += 1;
  const file = fs.openSync(join(folder, 'file'), 'r+');
  fs.writeSync(file, 'x');
  fs.closeSync(file);
}
fs.closeSync(opened);
parentPort?.postMessage({ asked, used });
