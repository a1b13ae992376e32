import { readdirSync, rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { FileError, type NameAt } from '../kernel/files.ts';
import { NodeFiles } from '../system/files/files.ts';
import { attributes, create, createFolder, entry, FOLDER, ROOT, Trial } from './trial.testing.ts';

/** A disk on which nothing can be removed or moved for now. */
class StubbornFiles extends NodeFiles {
  isStubborn = false;

  override renameAt(source: NameAt, target: NameAt): void {
    if (this.isStubborn) throw new FileError({ code: 'EPERM', call: 'rename', path: source.name });
    super.renameAt(source, target);
  }

  override unlinkAt(folder: number, name: ByteString): void {
    if (this.isStubborn) throw new FileError({ code: 'EPERM', call: 'unlink', path: name });
    super.unlinkAt(folder, name);
  }
}

let trial: Trial;
afterEach(() => trial.end());

describe('what could not be taken from its name', () => {
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

  it('leaves its folder out of sync where it can’t be removed either, whatever else the same check finds there', () => {
    const files = new StubbornFiles();
    trial = new Trial({ files }).rooted();
    trial.do(createFolder(10, ROOT, 'd'), create(11, 10, 'f', 'x'));
    files.isStubborn = true;
    trial.do({ kind: 'unlink', node: 11, parent: 10, name: fromText('f') });
    const doubts = trial.apply.folders.doubtsOf(trial.node(10));
    trial.apply.repair({ kind: 'orphan', parent: 10, name: fromText('f'), type: 'file' });
    const isWhole = trial.apply.folders.doubtsOf(trial.node(10)) === doubts;
    trial.apply.folders.equal(trial.node(10), attributes(110, 0o755), isWhole);
    expect(trial.statusOf(10)).toBe('Out of sync');
    files.isStubborn = false;
    trial.now = 2000;
    trial.apply.retry(trial.now as never);
    trial.apply.pump();
    expect([...trial.rechecks]).toContain(10);
    trial.apply.repair({ kind: 'orphan', parent: 10, name: fromText('f'), type: 'file' });
    trial.apply.finishOrphans(null);
    trial.apply.folders.equal(trial.node(10), attributes(110, 0o755), true);
    expect(readdirSync(trial.path('d'))).toEqual([]);
    expect(trial.apply.counts).toMatchObject({ unchecked: 0, outOfSync: 0 });
  });

  it('is looked for by its old name where a rename failed, and its content came anew', () => {
    const files = new StubbornFiles();
    trial = new Trial({ files }).rooted();
    trial.do(createFolder(10, ROOT, 'd'), create(11, ROOT, 'f', 'x'));
    files.isStubborn = true;
    const rename = { kind: 'rename', node: 11, parent: ROOT, newParent: 10 } as const;
    trial.do({ ...rename, name: fromText('f'), newName: fromText('g') });
    files.isStubborn = false;
    trial.do({ kind: 'unlink', node: 11, parent: 10, name: fromText('g') });
    expect([...trial.apply.marked()].map(({ path }) => path)).toEqual([`${FOLDER}/f`]);
    trial.apply.retry(trial.now as never);
    trial.apply.pump();
    expect([...trial.rechecks]).toContain(ROOT);
    rmSync(trial.path('f'));
    trial.now = 2000;
    trial.apply.retry(trial.now as never);
    expect(trial.apply.counts).toMatchObject({ unchecked: 0, outOfSync: 0 });
  });

  it('is looked for in its folder, whatever that, or one above it, is called by then', () => {
    const files = new StubbornFiles();
    trial = new Trial({ files }).rooted();
    trial.do(createFolder(9, ROOT, 'c'), createFolder(10, 9, 'd'), create(11, 10, 'f', 'x'));
    files.isStubborn = true;
    trial.do({ kind: 'unlink', node: 11, parent: 10, name: fromText('f') });
    files.isStubborn = false;
    const rename = { kind: 'rename', name: fromText('c'), newName: fromText('cc') } as const;
    trial.do({ ...rename, node: 9, parent: ROOT, newParent: ROOT });
    trial.do({ ...rename, name: fromText('d'), newName: fromText('e'), node: 10, parent: 9, newParent: 9 });
    expect([...trial.apply.marked()].map(({ path }) => path)).toEqual([`${FOLDER}/cc/e/f`]);
    trial.apply.retry(trial.now as never);
    trial.apply.pump();
    expect([...trial.rechecks]).toContain(10);
    trial.apply.repair({ kind: 'orphan', parent: 10, name: fromText('f'), type: 'file' });
    expect(readdirSync(trial.path('cc/e'))).toEqual([]);
    expect(trial.apply.counts).toMatchObject({ unchecked: 0, outOfSync: 0 });
  });
});

describe('a name that a check missed', () => {
  it('is no orphan where the stream or a later check says that there is something, even the same', () => {
    const files = new StubbornFiles();
    trial = new Trial({ files }).rooted();
    trial.do(create(11, ROOT, 'f', 'x'), create(12, ROOT, 'g', 'y'));
    for (const name of ['f', 'g'])
      trial.apply.repair({ kind: 'orphan', parent: ROOT, name: fromText(name), type: 'file' });
    trial.do(create(11, ROOT, 'f', 'x'));
    trial.apply.folders.stated(trial.node(ROOT), [entry(12, 'g', Buffer.from('y'), attributes(1))]);
    trial.apply.finishOrphans(null);
    expect(readdirSync(trial.root).sort()).toEqual(['f', 'g']);
  });
});
