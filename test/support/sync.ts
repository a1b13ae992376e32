import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

/** Makes what lies there durable: of a folder all of its file system. */
export function sync(path: string): void {
  if (fs.statSync(path).isDirectory()) {
    execFileSync('sync', ['--file-system', path]);
    return;
  }
  const file = fs.openSync(path, 'r');
  fs.fsyncSync(file);
  fs.closeSync(file);
}
