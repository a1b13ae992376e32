import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fromText } from '../../kernel/byte-string.ts';
import { OPEN } from '../../kernel/open-flags.ts';
import { NodeFiles } from '../files/files.ts';
import { numberOf } from './node-handle.ts';
import { ToldFiles } from './told-files.ts';

/** They change nothing that anybody sees. */
const LOOKS = new Set([
  'constructor',
  'openFolder',
  'openFolderAt',
  'openUnnamed',
  'list',
  'listInto',
  'statAt',
  'stat',
  'fileSystem',
  'read',
  'readLinkAt',
  'listXattrs',
  'getXattr',
  'holes',
  'syncData',
  'sync',
  'forgetCached',
  'syncFileSystem',
  'close',
]);

it('tells of every change there is', () => {
  const all = Object.getOwnPropertyNames(NodeFiles.prototype).filter((name) => !LOOKS.has(name));
  const told = Object.getOwnPropertyNames(ToldFiles.prototype).filter((name) => name !== 'constructor');
  expect(told.sort()).toEqual(all.sort());
});

it('tells of the node whose content or names were changed, and of none while nothing is remembered', () => {
  const top = fs.mkdtempSync(join(tmpdir(), 'understudy-told-'));
  const told: string[] = [];
  const kernel = { isEmpty: true, forget: ({ low }: { low: number }) => void told.push(String(low)) };
  const files = new ToldFiles([], kernel);
  const folder = files.openFolder(fromText(top));
  const file = files.openAt(folder, fromText('file'), OPEN.create | OPEN.readWrite, 0o600);
  // Not every file system numbers its files so.
  if (numberOf(file) !== null) {
    expect(told).toEqual([]);
    kernel.isEmpty = false;
    const [its, own] = [String(fs.fstatSync(file).ino), String(fs.fstatSync(folder).ino)];
    files.write(file, Buffer.from('content'), 0);
    files.setModeAt(folder, fromText('file'), 0o640);
    files.makeFolderAt(folder, fromText('inner'), 0o700);
    files.renameAt({ folder, name: fromText('file') }, { folder, name: fromText('other') });
    files.read(file, Buffer.alloc(4), { offset: 0, length: 4, position: 0 });
    expect(told).toEqual([its, its, own, own, own]);
  }
  files.close(file);
  files.close(folder);
  fs.rmSync(top, { recursive: true });
});
