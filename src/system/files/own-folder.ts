import { lstatSync } from 'node:fs';

export { existsSync as isThere } from 'node:fs';

const OTHERS = 0o077;

/** Whether a folder is there that belongs to this user, and that nobody else may enter. */
export function isOwnFolder(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === process.geteuid?.() && (found.mode & OTHERS) === 0;
}
