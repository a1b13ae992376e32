import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { FileError } from '../kernel/files.ts';
import { NodeFiles } from '../system/files.ts';
import { create, FOLDER, ROOT, Trial } from './trial.testing.ts';

/** A disk on which nothing can be removed for now. */
class StubbornFiles extends NodeFiles {
  isStubborn = false;

  override unlinkAt(folder: number, name: ByteString): void {
    if (this.isStubborn) throw new FileError({ code: 'EPERM', call: 'unlink', path: name });
    super.unlinkAt(folder, name);
  }
}

let trial: Trial;
afterEach(() => trial.end());

describe('what could not be removed', () => {
  it('is known not to be equal, is asked for, and gives way once it can', () => {
    const files = new StubbornFiles();
    trial = new Trial({ files }).rooted();
    trial.do(create(11, ROOT, 'f', 'x'));
    files.isStubborn = true;
    trial.do({ kind: 'unlink', node: 11, parent: ROOT, name: fromText('f') });
    files.isStubborn = false;
    expect(trial.apply.counts.unchecked).toBe(1);
    trial.apply.retry(trial.now as never);
    trial.apply.pump();
    expect([...trial.rechecks]).toContain(ROOT);
    trial.apply.repair({ kind: 'orphan', parent: ROOT, name: fromText('f'), type: 'file' });
    expect(readdirSync(trial.root)).toEqual([]);
    expect(trial.apply.counts).toMatchObject({ unchecked: 0, outOfSync: 0 });
    expect(trial.apply.quarantine.list().map(({ path }) => path)).toEqual([`${FOLDER}/f`]);
  });
});
