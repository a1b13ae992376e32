import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileError } from '../kernel/files.ts';
import { NodeFiles } from '../system/files/files.ts';
import { create, ROOT, Trial } from './trial.testing.ts';

class FailingFiles extends NodeFiles {
  fails = false;
  override syncFileSystem(file: number): void {
    if (this.fails) throw new FileError({ code: 'EIO', call: 'syncfs', path: '' });
    super.syncFileSystem(file);
  }
}

describe('a copy whose sync failed', () => {
  let files: FailingFiles;
  let trial: Trial;
  beforeEach(() => {
    files = new FailingFiles();
    trial = new Trial({ files }).rooted();
    trial.checkpoint();
    trial.do(create(11, ROOT, 'a', 'one'));
  });
  afterEach(() => trial.end());

  function fail(): void {
    files.fails = true;
    expect(() => trial.checkpoint()).toThrow(expect.objectContaining({ code: 'APL-040' }));
  }

  it('has no checkpoint, and is in doubt also once a sync goes well again', () => {
    const before = trial.apply.checkpointed;
    fail();
    expect(trial.apply.checkpointed).toEqual(before);
    expect(trial.apply.disk.unproven).toBe(true);
    files.fails = false;
    trial.checkpoint();
    expect(trial.apply.disk.unproven).toBe(true);
  });

  it('is in doubt after a crash, too, whatever came before it', () => {
    fail();
    trial.crash();
    expect(trial.apply.disk.unproven).toBe(true);
    files.fails = false;
    trial.checkpoint();
    trial.crash();
    expect(trial.apply.disk.unproven).toBe(true);
  });

  it('is proven only by what was read after a sync that went well', () => {
    fail();
    trial.apply.disk.proven();
    expect(trial.apply.disk.unproven).toBe(true);
    files.fails = false;
    trial.checkpoint();
    trial.apply.disk.proven();
    expect(trial.apply.disk.unproven).toBe(false);
    trial.checkpoint();
    trial.crash();
    expect(trial.apply.disk.unproven).toBe(false);
  });
});
