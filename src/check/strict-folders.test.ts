import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { NodeTree } from '../changes/node-tree.ts';
import { fromText } from '../kernel/byte-string.ts';
import { FileError } from '../kernel/files.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { NodeFiles } from '../system/files/files.ts';
import { FolderDescriptors } from './folder-descriptors.ts';
import { Patience, Slice } from './scan.ts';

const base = fs.mkdtempSync(join(tmpdir(), 'strict-'));
afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

it('a folder is not opened where another one has taken its name', () => {
  fs.mkdirSync(join(base, 'd/a'), { recursive: true });
  const tree = new NodeTree();
  const root = tree.addRoot(fromText('/d'), 1);
  root.inode = fs.statSync(join(base, 'd')).ino;
  const folder = tree.add(root, fromText('a'), 2, 'folder');
  folder.inode = fs.statSync(join(base, 'd/a')).ino;
  const descriptors = new FolderDescriptors({ files: new NodeFiles(), base: fromText(base), strict: true });
  expect(descriptors.open(folder)).toBeGreaterThan(0);
  fs.renameSync(join(base, 'd/a'), join(base, 'd/b'));
  fs.mkdirSync(join(base, 'd/a'));
  expect(() => descriptors.openAgain(folder)).toThrow(FileError);
  descriptors.closeAll();
});

it('what is not where it should be is waited for, but not for ever, and nothing else is', () => {
  let now = 0;
  const slice = new Slice(1, () => now as MonotonicMs);
  const error = (code: string): FileError => new FileError({ code, call: 'openat', path: 'x' });
  const patience = new Patience();
  expect(patience.withError(error('EACCES'), slice)).toBe(false);
  expect(patience.withError(error('ENOENT'), slice)).toBe(true);
  now = 1999;
  expect(patience.withError(error('ENOENT'), slice)).toBe(true);
  now = 2001;
  expect(patience.withError(error('ENOENT'), slice)).toBe(false);
});
