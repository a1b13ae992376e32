import {
  appendFileSync,
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { unpackExtended } from '../changes/extended.ts';
import { fromText } from '../kernel/byte-string.ts';
import { FileError } from '../kernel/files.ts';
import { Trial } from './trial.testing.ts';

let trial: Trial;
/** Names that can't be opened; root may read whatever the mode says. */
let closed: Set<string>;

beforeEach(() => {
  closed = new Set();
  trial = new Trial('inotify');
  const { files } = trial;
  const openAt = files.openAt.bind(files);
  files.openAt = (folder, name, ...more) => {
    if (closed.has(name)) throw new FileError({ code: 'EACCES', call: 'openat', path: name });
    return openAt(folder, name, ...more);
  };
  mkdirSync(trial.path('d'));
  writeFileSync(trial.path('d/known'), 'known');
  trial.begin();
});
afterEach(() => trial.close());

const unreadable = (): string[] => [...trial.capture.unreadable.keys()].sort();

it('is known of a new file and of one that changed, until they are read', () => {
  closed = new Set(['new', 'known']);
  writeFileSync(trial.path('d/new'), 'new');
  appendFileSync(trial.path('d/known'), ' changed');
  trial.settle();
  expect(unreadable()).toEqual(['/set/d/known', '/set/d/new']);
  closed.clear();
  appendFileSync(trial.path('d/new'), ' file');
  appendFileSync(trial.path('d/known'), ' again');
  trial.settle();
  expect(unreadable()).toEqual([]);
  expect(trial.copy.lines()).toEqual(trial.lines());
});

it.each([
  ['small', 100],
  ['large', 1_000_000],
  ['large and sparse', -1_000_000],
])('ends by itself when it can be read again, though nothing tells of that (%s)', (_what, size) => {
  const path = trial.path('d/known');
  if (size > 0) writeFileSync(path, Buffer.alloc(size, 1));
  else truncateSync(path, -size);
  trial.settle();
  closed = new Set(['known']);
  appendFileSync(path, ' changed');
  trial.settle();
  expect(unreadable()).toEqual(['/set/d/known']);
  closed.clear();
  trial.settle();
  expect(unreadable()).toEqual(['/set/d/known']);
  trial.pass(60_000);
  trial.settle();
  expect(unreadable()).toEqual([]);
  expect(trial.copy.lines()).toEqual(trial.lines());
});

it.each([
  ['small', 100],
  ['large', 1_000_000],
  ['large and sparse', -1_000_000],
])('ends under every name of a file that has several (%s)', (_what, size) => {
  const path = trial.path('d/known');
  if (size > 0) writeFileSync(path, Buffer.alloc(size, 1));
  else truncateSync(path, -size);
  linkSync(path, trial.path('d/other'));
  linkSync(path, trial.path('third'));
  trial.settle();
  closed = new Set(['known', 'other', 'third']);
  for (const name of ['d/known', 'd/other', 'third']) {
    appendFileSync(trial.path(name), ' changed');
    trial.settle();
  }
  expect(unreadable()).not.toEqual([]);
  closed.clear();
  for (let round = 0; round < 3; round++) {
    trial.pass(60_000);
    trial.settle();
  }
  expect(unreadable()).toEqual([]);
  expect(trial.copy.lines()).toEqual(trial.lines());
});

it('ends of what is no file, too', () => {
  const { files } = trial;
  const listXattrs = files.listXattrs.bind(files);
  files.listXattrs = (of) => {
    if (typeof of !== 'number' && closed.has(of.name))
      throw new FileError({ code: 'EIO', call: 'listxattr', path: of.name });
    return listXattrs(of);
  };
  symlinkSync('there', trial.path('d/link'));
  trial.settle();
  closed = new Set(['link']);
  lutimesSync(trial.path('d/link'), 1, 1);
  trial.settle();
  trial.pass(60_000);
  trial.settle();
  expect(unreadable()).toEqual(['/set/d/link']);
  closed.clear();
  trial.pass(60_000);
  trial.settle();
  expect(unreadable()).toEqual([]);
});

it('has nothing told of its attributes and holes meanwhile', () => {
  const { files } = trial;
  const listXattrs = files.listXattrs.bind(files);
  files.listXattrs = (of) => {
    if (closed.size > 0) throw new FileError({ code: 'EIO', call: 'listxattr', path: '' });
    return listXattrs(of);
  };
  const path = trial.path('d/known');
  truncateSync(path, 1_000_000);
  trial.settle();
  closed = new Set(['known']);
  chmodSync(path, 0o711);
  trial.settle();
  const told = trial.changes.findLast(({ kind }) => kind === 'attributes');
  const extended = told?.kind === 'attributes' ? unpackExtended(told.attributes.extended ?? fromText('')) : null;
  expect(extended?.isUntold).toBe(true);
  closed.clear();
  trial.pass(60_000);
  trial.settle();
  expect(trial.copy.lines()).toEqual(trial.lines());
});

it('is known of a folder whose own attributes the disk does not tell, until it does', () => {
  const { files } = trial;
  const stat = files.stat.bind(files);
  files.stat = (file, into) => {
    if (closed.has('d')) throw new FileError({ code: 'EIO', call: 'statx', path: 'd' });
    stat(file, into);
  };
  const statAt = files.statAt.bind(files);
  files.statAt = (folder, name, into) => {
    if (closed.has(name)) throw new FileError({ code: 'EIO', call: 'statx', path: name });
    return statAt(folder, name, into);
  };
  closed = new Set(['d']);
  chmodSync(trial.path('d'), 0o711);
  trial.settle();
  expect(unreadable()).toEqual(['/set/d']);
  closed.clear();
  trial.pass(60_000);
  trial.settle();
  expect(unreadable()).toEqual([]);
  expect(trial.copy.lines()).toEqual(trial.lines());
});

it('stays known under the name it gets, and ends with the item', () => {
  closed = new Set(['new', 'known']);
  writeFileSync(trial.path('d/new'), 'new');
  appendFileSync(trial.path('d/known'), ' changed');
  trial.settle();
  renameSync(trial.path('d'), trial.path('e'));
  trial.settle();
  expect(unreadable()).toEqual(['/set/e/known', '/set/e/new']);
  closed.add('renamed');
  renameSync(trial.path('e/known'), trial.path('e/renamed'));
  trial.settle();
  expect(unreadable()).toEqual(['/set/e/new', '/set/e/renamed']);
  rmSync(trial.path('e'), { recursive: true });
  trial.settle();
  expect(unreadable()).toEqual([]);
});

it('is known of every item, however many more there are than are told', () => {
  const names = Array.from({ length: 1100 }, (_, index) => `f${String(index)}`);
  closed = new Set(names);
  for (const name of names) writeFileSync(trial.path(name), name);
  trial.settle();
  expect(unreadable()).toHaveLength(1100);
  closed.clear();
  for (const name of names) appendFileSync(trial.path(name), '+');
  trial.settle();
  expect(unreadable()).toEqual([]);
  expect(trial.copy.lines()).toEqual(trial.lines());
});

it('may be a protected folder itself: then it is listed again once it can be', () => {
  trial.close();
  trial = new Trial('inotify');
  const { files } = trial;
  writeFileSync(trial.path('there'), 'before anybody could look');
  const listInto = files.listInto.bind(files);
  files.listInto = (_folder, _into) => {
    throw new FileError({ code: 'EIO', call: 'getdents64', path: '/set' });
  };
  trial.begin();
  expect(unreadable()).toEqual(['/set']);
  files.listInto = listInto;
  trial.pass(60_000);
  trial.settle();
  expect(unreadable()).toEqual([]);
  expect(trial.copy.lines()).toEqual(trial.lines());
});
