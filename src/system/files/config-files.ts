import { lstatSync, readdirSync, readlinkSync, rmdirSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ConfigFiles } from '../../kernel/config-files.ts';
import { FileError } from '../../kernel/files.ts';
import { durableFiles } from './durable-files.ts';
import { syncFolder } from './folder-sync.ts';

/** Not there, or not what it would have to be. */
const NOT_THERE = new Set(['ENOENT', 'ENOTDIR']);

export const configFiles: ConfigFiles = {
  sha256: (text) => durableFiles.sha256(text),
  read: (path) => durableFiles.read(path),
  write: (path, text, mode) => durableFiles.write(path, text, mode),
  remove(path) {
    if (attempt('lstat', path, () => lstatSync(path), NOT_THERE) !== null) durableFiles.remove(path);
  },
  list: (folder) => (attempt('readdir', folder, () => readdirSync(folder), NOT_THERE) ?? []).sort(),
  linkTarget: (path) => attempt('readlink', path, () => readlinkSync(path), new Set([...NOT_THERE, 'EINVAL'])),
  link(path, target) {
    attempt('symlink', path, () => symlinkSync(target, path));
    syncFolderOf(path);
  },
  isFolder: (path) => attempt('lstat', path, () => lstatSync(path).isDirectory(), NOT_THERE) ?? false,
  makeFolder(path, mode) {
    durableFiles.makeFolder(path, mode);
    syncFolderOf(path);
  },
  removeFolder(path) {
    attempt('rmdir', path, () => rmdirSync(path), new Set([...NOT_THERE, 'ENOTEMPTY', 'EEXIST']));
    syncFolderOf(path);
  },
};

/** Of a name that came or went, in a folder that may have gone itself. */
function syncFolderOf(path: string): void {
  const folder = dirname(path);
  attempt('fsync', folder, () => syncFolder(folder), NOT_THERE);
}

/** Null where it fails in one of the ways that are expected. */
function attempt<Result>(
  call: string,
  path: string,
  action: () => Result,
  expected: ReadonlySet<string> = new Set(),
): Result | null {
  try {
    return action();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (expected.has(code)) return null;
    throw new FileError({ code, call, path });
  }
}
