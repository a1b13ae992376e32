import fs from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { unpackExtended } from '../changes/extended.ts';
import type { Node } from '../changes/node-tree.ts';
import { must } from '../kernel/assert.ts';
import { fromText } from '../kernel/byte-string.ts';
import { FileError } from '../kernel/files.ts';
import { ITS_ROOT, type Operation } from './operation.ts';
import { aboutPath, silent } from './operation.testing.ts';
import { NOTHING } from './shadow.ts';
import { Trial } from './trial.testing.ts';

let trial: Trial;

beforeEach(() => {
  trial = new Trial('inotify', {}, silent);
});
afterEach(() => trial.close());

const nodeOf = (path: string): Node => {
  const { root, node } = aboutPath(trial.path(path));
  return must(trial.capture.operations.nodeOf(root, node), 'it is in the tree');
};

/** A name in the protected folder itself. */
const at = (name: string) => ({ folder: ITS_ROOT, name: fromText(name) });

const renamed = (name: string, newName: string, node: Node, exchange = false): Operation => {
  const to = { newFolder: ITS_ROOT, newName: fromText(newName) };
  return { kind: 'rename', root: fromText('/set'), node: node.inode, ...at(name), ...to, exchange };
};

it('operations tell nothing of what a file carries that is not found where they still have it', () => {
  trial.begin();
  const path = trial.path('file');
  fs.writeFileSync(path, '');
  fs.truncateSync(path, 1024 * 1024);
  const about = aboutPath(path);
  // What it carries is to be read from the disk, where it has another name by now.
  fs.renameSync(path, trial.path('other'));
  const made = { ...about, status: { ...about.status, sizeBytes: 0 } };
  const operations: Operation[] = [
    { kind: 'make', ...made, folder: ITS_ROOT, name: fromText('file'), content: NOTHING },
    { kind: 'write', ...about, offset: 0, content: NOTHING },
    { kind: 'extended', ...about },
    { kind: 'attributes', ...about },
  ];
  for (const operation of operations) trial.capture.operations.take(operation);
  const last = trial.changes.at(-1);
  expect(last).toMatchObject({ kind: 'attributes' });
  const told = last?.kind === 'attributes' ? unpackExtended(last.attributes.extended ?? fromText('')) : null;
  expect(told?.isUntold).toBe(true);
});

it.each(['file', ''])('what is changed beyond the status is told once it was looked at, of %j', (name) => {
  fs.writeFileSync(trial.path('file'), '');
  trial.begin();
  const { operations } = trial.capture;
  const about = aboutPath(name === '' ? trial.root : trial.path(name));
  const node = must(operations.nodeOf(about.root, name === '' ? ITS_ROOT : about.node), 'it is in the tree');
  expect(operations.isTold(node)).toBe(true);
  operations.take({ kind: 'extended', ...about, node: name === '' ? ITS_ROOT : about.node });
  expect(operations.isTold(node)).toBe(false);
  trial.settle();
  expect(operations.isTold(node)).toBe(true);
});

it('what was changed beyond the status is not told while it is not found where the operations still have it', () => {
  fs.writeFileSync(trial.path('file'), '');
  trial.begin();
  const { operations } = trial.capture;
  const [about, node] = [aboutPath(trial.path('file')), nodeOf('file')];
  fs.renameSync(trial.path('file'), trial.path('other'));
  operations.take({ kind: 'extended', ...about });
  operations.take({ kind: 'attributes', ...about });
  operations.take(renamed('file', 'other', node));
  expect(operations.isTold(node)).toBe(false);
  trial.settle();
  expect(operations.isTold(node)).toBe(true);
});

it('what a new file has got from its folder is not told while the file is not found where the operations still have it', () => {
  trial.begin();
  const { operations } = trial.capture;
  fs.writeFileSync(trial.path('file'), '');
  const about = aboutPath(trial.path('file'));
  fs.renameSync(trial.path('file'), trial.path('other'));
  operations.take({ kind: 'make', ...about, ...at('file'), content: NOTHING });
  const node = nodeOf('other');
  operations.take(renamed('file', 'other', node));
  expect(operations.isTold(node)).toBe(false);
  trial.settle();
  expect(operations.isTold(node)).toBe(true);
});

it('what a file carries is told though it has changed names with another one since', () => {
  const names = ['one', 'two'];
  for (const name of names) fs.writeFileSync(trial.path(name), name);
  trial.begin();
  const { operations } = trial.capture;
  const [about, node] = [aboutPath(trial.path('one')), nodeOf('one')];
  const file = fs.openSync(trial.path('one'), 'r+');
  trial.files.setXattr(file, fromText('user.a'), fromText('carried'));
  fs.closeSync(file);
  operations.take({ kind: 'extended', ...about });
  fs.renameSync(trial.path('one'), trial.path('aside'));
  fs.renameSync(trial.path('two'), trial.path('one'));
  fs.renameSync(trial.path('aside'), trial.path('two'));
  operations.take(renamed('one', 'two', node, true));
  expect(operations.isTold(node)).toBe(false);
  trial.settle();
  const { extended } = must(trial.copy.nodes.get(node.id), 'it is in the copy').attributes;
  expect(unpackExtended(extended ?? fromText(''))?.xattrs).toEqual(new Map([['user.a', 'carried']]));
  expect(trial.copy.lines()).toEqual(trial.lines());
});

it('what was done to a file is not waited for while the disk does not show the file: it is unreadable', () => {
  fs.writeFileSync(trial.path('file'), 'before');
  trial.begin();
  const { files, capture } = trial;
  const about = aboutPath(trial.path('file'));
  fs.writeFileSync(trial.path('file'), 'after');
  capture.operations.take({ kind: 'unknown', ...about });
  const statAt = files.statAt.bind(files);
  files.statAt = (_folder, name) => {
    throw new FileError({ code: 'EIO', call: 'statx', path: name });
  };
  expect(capture.operations.settle()).toBe(true);
  expect(capture.operations.owes).toBe(false);
  expect([...capture.unreadable.keys()]).toEqual(['/set/file']);
  files.statAt = statAt;
  trial.pass(60_000);
  expect(capture.unreadable.size).toBe(0);
  expect(trial.copy.lines()).toEqual(trial.lines());
});
