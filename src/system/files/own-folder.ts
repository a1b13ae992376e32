import { lstatSync, readdirSync } from 'node:fs';

const OTHERS = 0o077;

/** What is in a folder that belongs to this user, and that nobody else may enter; null where it is no such folder. */
export function namesInOwnFolder(path: string): readonly string[] | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  const isOwn =
    found !== undefined && found.isDirectory() && found.uid === process.geteuid?.() && (found.mode & OTHERS) === 0;
  return isOwn ? readdirSync(path) : null;
}
