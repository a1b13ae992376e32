import fs from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { unpackExtended } from '../changes/extended.ts';
import { must } from '../kernel/assert.ts';
import { fromText } from '../kernel/byte-string.ts';
import { ITS_ROOT, type Operation } from './operation.ts';
import { aboutPath } from './operation.testing.ts';
import { NOTHING } from './shadow.ts';
import { Trial } from './trial.testing.ts';

let trial: Trial;

beforeEach(() => {
  trial = new Trial('inotify');
});
afterEach(() => trial.close());

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
