import fs from 'node:fs';
import { setFlags } from './raw-calls.ts';

/** Removes a folder with everything in it, however long its paths are and whatever flags it carries. */
export function removeTree(path: string): void {
  if (!fs.existsSync(path)) return;
  empty(path);
  fs.rmdirSync(path);
}

function empty(path: string | Buffer): void {
  const folder = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  const inside = Buffer.from(`/proc/self/fd/${folder}/`);
  try {
    for (const name of fs.readdirSync(inside, { encoding: 'buffer' })) {
      const at = Buffer.concat([inside, name]);
      const isFolder = fs.lstatSync(at).isDirectory();
      if (isFolder) empty(at);
      try {
        remove(at, isFolder);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
        setFlags(inside, 0);
        if (isFolder || fs.lstatSync(at).isFile()) setFlags(at, 0);
        if (isFolder) empty(at);
        remove(at, isFolder);
      }
    }
  } finally {
    fs.closeSync(folder);
  }
}

function remove(path: Buffer, isFolder: boolean): void {
  if (isFolder) fs.rmdirSync(path);
  else fs.unlinkSync(path);
}
