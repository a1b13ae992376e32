import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { fromText } from '../../kernel/byte-string.ts';
import { type FolderKey, NOTICE, type Notice } from '../../kernel/notices.ts';
import { NodeFiles } from '../files/files.ts';
import { type InotifySource, openInotify } from './inotify.ts';
import { decodeInotify, type InotifyEvent } from './inotify-codec.ts';

const files = new NodeFiles();
let path: string;
let source: InotifySource;
let top: FolderKey;

beforeEach(() => {
  path = fs.mkdtempSync(join(tmpdir(), 'understudy-inotify-'));
  source = openInotify();
  top = watch(path);
});

afterEach(() => {
  source.close();
  fs.rmSync(path, { recursive: true, force: true });
});

function watch(folderPath: string): FolderKey {
  const folder = files.openFolder(fromText(folderPath));
  const key = source.watchFolder(folder, fromText(folderPath));
  files.close(folder);
  return key;
}

function notices(): Notice[] {
  const found: Notice[] = [];
  expect(source.read((notice) => found.push({ ...notice }))).toBe(true);
  return found;
}

describe('an inotify queue', () => {
  it('has nothing to say when nothing happened', () => {
    expect(notices()).toEqual([]);
  });

  it('tells of files created, written, changed and deleted, with odd names', () => {
    const name = Buffer.from('\xff odd', 'latin1');
    const file = Buffer.concat([Buffer.from(`${path}/`), name]);
    fs.writeFileSync(file, 'x');
    fs.chmodSync(file, 0o600);
    fs.unlinkSync(file);
    const seen = notices();
    expect(seen.every((notice) => notice.folder === top && notice.name === '\xff odd')).toBe(true);
    const all = seen.reduce((what, notice) => what | notice.what, 0);
    expect(all & ~NOTICE.moved).toBe(
      NOTICE.created | NOTICE.modified | NOTICE.written | NOTICE.attributes | NOTICE.deleted,
    );
  });

  it('gives the same key for a folder that is watched already', () => {
    expect(watch(path)).toBe(top);
  });

  it('joins both halves of a move within and between folders', () => {
    fs.mkdirSync(join(path, 'sub'));
    const sub = watch(join(path, 'sub'));
    fs.writeFileSync(join(path, 'a'), '');
    notices();
    fs.renameSync(join(path, 'a'), join(path, 'b'));
    fs.renameSync(join(path, 'b'), join(path, 'sub', 'c'));
    expect(notices()).toMatchObject([
      { what: NOTICE.moved, folder: top, name: 'a', toFolder: top, toName: 'b' },
      { what: NOTICE.moved, folder: top, name: 'b', toFolder: sub, toName: 'c' },
    ]);
  });

  it('keeps watching a folder that moved', () => {
    fs.mkdirSync(join(path, 'sub'));
    const sub = watch(join(path, 'sub'));
    fs.renameSync(join(path, 'sub'), join(path, 'moved'));
    fs.writeFileSync(join(path, 'moved', 'f'), '');
    expect(notices()).toContainEqual(expect.objectContaining({ what: NOTICE.created, folder: sub, name: 'f' }));
  });

  it('tells a move out of sight as deleted and one into sight as created', () => {
    fs.mkdirSync(join(path, 'unseen'));
    fs.writeFileSync(join(path, 'a'), '');
    notices();
    fs.renameSync(join(path, 'a'), join(path, 'unseen', 'a'));
    expect(notices()).toMatchObject([{ what: NOTICE.deleted, folder: top, name: 'a' }]);
    fs.renameSync(join(path, 'unseen', 'a'), join(path, 'b'));
    expect(notices()).toMatchObject([{ what: NOTICE.created, folder: top, name: 'b', toFolder: null }]);
  });

  it('gives an empty name for the folder itself', () => {
    fs.chmodSync(path, 0o750);
    expect(notices()).toMatchObject([{ what: NOTICE.attributes, folder: top, name: '', target: top, isFolder: true }]);
  });

  it('says nothing more about a forgotten folder', () => {
    source.forgetFolder(top);
    source.forgetFolder(top);
    fs.writeFileSync(join(path, 'a'), '');
    expect(notices()).toEqual([]);
  });

  it('refuses to watch what is not a folder', () => {
    fs.writeFileSync(join(path, 'a'), '');
    const file = fs.openSync(join(path, 'a'), 'r');
    expect(() => source.watchFolder(file, fromText('a'))).toThrow('ENOTDIR');
    fs.closeSync(file);
  });
});

it('counts inotify bytes that are cut short as dropped', () => {
  const one = Buffer.alloc(32);
  one.writeInt32LE(5, 0);
  one.writeUInt32LE(0x100, 4);
  one.writeUInt32LE(16, 12);
  one.write('name', 16);
  const seen: InotifyEvent[] = [];
  expect(decodeInotify(one, 32, (event) => seen.push({ ...event }))).toBe(true);
  expect(seen).toEqual([{ watch: 5, mask: 0x100, cookie: 0, name: 'name' }]);
  for (let length = 1; length < 32; length++) expect(decodeInotify(one, length, () => {})).toBe(false);
});
