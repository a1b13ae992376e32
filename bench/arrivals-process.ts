/*
 * The process that sees changes arrive: `node arrivals-process.ts FOLDER` watches every folder below
 * FOLDER with inotify, reads a file whenever something happened to it, and tells its parent which
 * change it found there and when. Ends when the parent goes.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { isTestFile, monotonicMs, type Arrival } from './arrivals.ts';
import { changeIn } from './numbered-content.ts';

const TELL_EVERY_MS = 50;

const top = process.argv[2] ?? '';
const newest = new Map<string, number>();
let found: Arrival[] = [];

function look(file: string): void {
  let content: Buffer;
  try {
    content = fs.readFileSync(file);
  } catch (error) {
    // Replaced or removed at this moment: the next notice is on its way.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const at = monotonicMs();
  const change = changeIn(content);
  if (change === null || change <= (newest.get(file) ?? -1)) return;
  newest.set(file, change);
  found.push({ change, at });
}

for (const name of fs.readdirSync(top)) {
  const folder = join(top, name);
  fs.watch(folder, (_event, file) => {
    if (file !== null && isTestFile(file)) look(join(folder, file));
  });
}
setInterval(() => {
  if (found.length > 0) process.send?.(found);
  found = [];
}, TELL_EVERY_MS);
process.on('disconnect', () => process.exit());
process.send?.([]);
