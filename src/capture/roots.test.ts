import { mkdirSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileError } from '../kernel/files.ts';
import { Trial } from './trial.testing.ts';

let trial: Trial;

beforeEach(() => {
  trial = new Trial('inotify');
  writeFileSync(trial.path('a'), 'x');
  trial.begin();
});
afterEach(() => trial.close());

it.each(['stat', 'fileSystem'] as const)(
  'a protected folder that can be opened and not looked at (%s) is told, and checked when it can',
  (call) => {
    const { files } = trial;
    const close = files.close.bind(files);
    let open = 0;
    const openFolder = files.openFolder.bind(files);
    files.openFolder = (path) => {
      open += 1;
      return openFolder(path);
    };
    files.close = (file) => {
      open -= 1;
      close(file);
    };
    files[call] = () => {
      throw new FileError({ code: 'EIO', call, path: '/set' });
    };
    trial.pass(1000);
    expect(trial.problems).toMatchObject([{ data: { code: 'CAP-001', parameters: { reason: 'EIO' } }, item: '/set' }]);
    // Nothing is left open; what was open before may be closed.
    expect(open).toBeLessThanOrEqual(0);
    expect(trial.states.every(({ present }) => present)).toBe(true);
    Reflect.deleteProperty(files, call);
    trial.pass(1000);
    expect(trial.cleared).toEqual(['CAP-001 /set']);
    expect(trial.lost).toEqual(['folder']);
    writeFileSync(trial.path('b'), 'y');
    trial.settle();
    expect(trial.copy.lines()).toEqual(trial.lines());
  },
);

it.each(['ENOENT', 'ENOTDIR', 'ELOOP', 'ESTALE'])(
  'a protected folder that is not there (%s) is told to the passive server',
  (code) => {
    const { files } = trial;
    const openFolder = files.openFolder.bind(files);
    files.openFolder = (path) => {
      throw new FileError({ code, call: 'openat', path });
    };
    renameSync(trial.root, `${trial.base}/away`);
    trial.pass(1000);
    expect(trial.problems).toMatchObject([{ data: { code: 'CAP-001' }, item: '/set' }]);
    expect(trial.states.at(-1)).toMatchObject({ present: false });
    files.openFolder = openFolder;
  },
);

it('a folder that is included by its name alone is told until it is none', () => {
  const other = new Trial('inotify', { include: ['/set/shop', '/set/hosts', '/set/deep', '/set/deep/a/*'] });
  try {
    for (const name of ['shop', 'deep', 'deep/a']) mkdirSync(other.path(name));
    for (const name of ['hosts', 'shop/ledger', 'deep/a/b']) writeFileSync(other.path(name), 'x');
    other.begin();
    other.pass(1000);
    expect(other.problems).toMatchObject([
      { data: { code: 'CAP-064', parameters: { path: '/set/shop' } }, item: '/set/shop' },
    ]);
    expect(other.cleared).toEqual([]);
    renameSync(other.path('shop/ledger'), other.path('hosts'));
    rmdirSync(other.path('shop'));
    writeFileSync(other.path('shop'), 'a file');
    other.settle();
    other.pass(1000);
    expect(other.cleared).toEqual(['CAP-064 /set/shop']);
  } finally {
    other.close();
  }
});
