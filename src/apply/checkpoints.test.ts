import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileError } from '../kernel/files.ts';
import { NodeFiles } from '../system/files/files.ts';
import { create, ROOT, Trial } from './trial.testing.ts';

/** Tells what it syncs; the protected folder can't be looked at while that fails. */
class FailingFiles extends NodeFiles {
  fails = false;
  synced = 0;
  override stat(...args: Parameters<NodeFiles['stat']>): void {
    if (this.fails) throw new FileError({ code: 'EIO', call: 'statx', path: '' });
    super.stat(...args);
  }
  override syncFileSystem(folder: number): void {
    this.synced += 1;
    super.syncFileSystem(folder);
  }
}

let files: FailingFiles;
let trial: Trial;
beforeEach(() => {
  files = new FailingFiles();
  trial = new Trial({ files }).rooted();
});
afterEach(() => {
  files.fails = false;
  trial.end();
});

it('what was written in a folder that can not be looked at any more is synced all the same', () => {
  trial.do(create(11, ROOT, 'a', 'one'));
  trial.checkpoint();
  expect(files.synced).toBe(1);
  trial.do(create(12, ROOT, 'b', 'two'));
  files.fails = true;
  trial.checkpoint();
  expect(files.synced).toBe(2);
});

it('what may lie on a file system that was never seen is not taken for durable', () => {
  trial.do(create(11, ROOT, 'a', 'one'));
  files.fails = true;
  expect(() => trial.checkpoint()).toThrow('EIO');
});
