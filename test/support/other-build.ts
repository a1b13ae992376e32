import fs from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** This build once more in a folder of its own, as a newer release would be. */
export function makeOtherBuild(folder: string, version: string): void {
  fs.mkdirSync(folder);
  for (const part of ['src', 'bin']) fs.cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  fs.symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const about = JSON.parse(fs.readFileSync(join(ROOT, 'package.json'), 'utf8')) as object;
  fs.writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...about, version }));
}
