import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { FileError, type NameAt } from '../kernel/files.ts';
import { isProblem } from '../problems/problem.ts';
import { NodeFiles } from '../system/files/files.ts';
import { create, FOLDER, ROOT, Trial } from './trial.testing.ts';

/** Nothing can be moved by its new name, as between two file systems; what is written there may fail. */
class OtherFileSystem extends NodeFiles {
  fails = false;
  readonly calls: string[] = [];

  override renameNewAt(from: NameAt, to: NameAt): void {
    if (from.name === 'content') throw new FileError({ code: 'EXDEV', call: 'renameat2', path: from.name });
    super.renameNewAt(from, to);
  }

  override syncFileSystem(file: number): void {
    if (this.fails) throw new FileError({ code: 'ENOSPC', call: 'syncfs', path: '' });
    this.calls.push('synced');
    super.syncFileSystem(file);
  }

  override removeFolderAt(folder: number, name: ByteString): void {
    if (this.calls.length > 0) this.calls.push('removed');
    super.removeFolderAt(folder, name);
  }
}

let trial: Trial;
afterEach(() => trial.end());

function started(options: ConstructorParameters<typeof Trial>[0] = {}): Trial {
  trial = new Trial(options).rooted();
  return trial;
}

describe('orphans and the quarantine', () => {
  it.each([
    ['quarantine', false, 1],
    ['log', true, 0],
    ['delete', false, 0],
  ] as const)('deals with orphans as the settings say: %s', (orphans, stays, kept) => {
    started({ orphans });
    mkdirSync(trial.path('o'));
    writeFileSync(trial.path('o', 'f'), 'x');
    trial.apply.repair({ kind: 'orphan', parent: ROOT, name: fromText('o'), type: 'folder' });
    expect(trial.apply.counts.outOfSync).toBe(1);
    expect(trial.apply.finishOrphans(null)).toBe(stays ? 1 : 0);
    expect(trial.apply.counts.outOfSync).toBe(0);
    expect(existsSync(trial.path('o'))).toBe(stays);
    expect(trial.apply.quarantine.list()).toHaveLength(kept);
  });

  it('counts what a stranger made and the settings leave there', () => {
    started({ orphans: 'log' });
    writeFileSync(trial.path('s'), 'x');
    trial.apply.meddled({ node: null, parent: trial.node(ROOT), path: fromText('/srv/shop/s') }, 'created', 1);
    trial.apply.repair({ kind: 'orphan', parent: ROOT, name: fromText('s'), type: 'file' });
    expect(trial.apply.finishOrphans(null)).toBe(1);
    // No longer the orphan; the folder it lies in, until its own record was compared.
    expect([...trial.apply.marked()].map(({ path }) => path)).toEqual([FOLDER]);
    expect(trial.events.map(({ kind }) => kind)).toEqual(['meddled', 'orphan']);
  });

  function withOrphans(...names: string[]): string[] {
    for (const name of names) {
      writeFileSync(trial.path(name), name);
      trial.apply.repair({ kind: 'orphan', parent: ROOT, name: fromText(name), type: 'file' });
    }
    trial.apply.finishOrphans(null);
    trial.events.length = 0;
    return trial.apply.quarantine.list().map(({ id }) => id);
  }

  it('gives back a copy on another file system that lasts before what it kept goes, or nothing', () => {
    const files = new OtherFileSystem();
    started({ files });
    const [id = ''] = withOrphans('g');
    const elsewhere = join(trial.base, 'elsewhere');
    files.fails = true;
    expect(problemOf(() => trial.apply.quarantine.restore(id, fromText(elsewhere)))).toBe('APL-007');
    expect(existsSync(elsewhere)).toBe(false);
    files.fails = false;
    trial.apply.quarantine.restore(id, fromText(elsewhere));
    expect(readFileSync(elsewhere, 'utf8')).toBe('g');
    expect(files.calls).toEqual(['synced', 'removed']);
    expect(trial.apply.quarantine.list()).toEqual([]);
  });

  it('gives back what it holds at any free place that is not protected, and tells', () => {
    started();
    const [first = '', second = ''] = withOrphans('g', 'h');
    const [elsewhere, taken] = ['elsewhere', 'taken'].map((name) => join(trial.base, name)) as [string, string];
    writeFileSync(taken, 'mine');
    expect(problemOf(() => trial.apply.quarantine.restore(first, fromText(taken)))).toBe('APL-007');
    trial.apply.quarantine.restore(first, fromText(elsewhere));
    expect(readFileSync(elsewhere, 'utf8')).toBe('g');
    expect(trial.apply.quarantine.list().map(({ id }) => id)).toEqual([second]);
    expect(trial.events).toMatchObject([{ kind: 'restored', entry: { id: first }, to: elsewhere }]);
    expect(problemOf(() => trial.apply.quarantine.purge(first))).toBe('APL-006');
  });

  it('gives nothing back to where it would be put away again, by whatever way', () => {
    started().do(create(11, ROOT, 'f', 'ours'));
    const [id = ''] = withOrphans('g');
    symlinkSync(trial.root, join(trial.base, 'way'));
    for (const to of [null, trial.path('new'), trial.root, join(trial.base, 'way', 'new')]) {
      expect(problemOf(() => trial.apply.quarantine.restore(id, to === null ? null : fromText(to)))).toBe('APL-008');
    }
    expect(readdirSync(trial.root).sort()).toEqual(['f']);
    expect(trial.events).toEqual([]);
  });

  it('tells what was purged', () => {
    started();
    const [first = ''] = withOrphans('a', 'b', 'c');
    trial.apply.quarantine.purge(first);
    trial.apply.quarantine.purge(null);
    trial.apply.quarantine.purge(null);
    expect(trial.events.map((event) => event.kind === 'purged' && event.entries.length)).toEqual([1, 2]);
  });

  it('stays within its bound: the oldest goes first, and that is told', () => {
    started({ quarantineBytesMax: 10 });
    for (const [name, length] of [
      ['a', 6],
      ['b', 3],
      ['c', 5],
    ] as const) {
      writeFileSync(trial.path(name), 'x'.repeat(length));
      trial.apply.repair({ kind: 'orphan', parent: ROOT, name: fromText(name), type: 'file' });
      trial.apply.finishOrphans(null);
    }
    expect(trial.apply.quarantine.list().map((e) => e.path)).toEqual([`${FOLDER}/b`, `${FOLDER}/c`]);
    expect(trial.apply.quarantine.bytes).toBe(8);
    expect(trial.events).toContainEqual({
      kind: 'problem',
      path: null,
      problem: { code: 'APL-004', parameters: { bytes: 10 } },
    });
  });

  it('is known after a crash, with or without the index', () => {
    started();
    for (const name of ['a', 'b']) {
      writeFileSync(trial.path(name), name);
      trial.apply.repair({ kind: 'orphan', parent: ROOT, name: fromText(name), type: 'file' });
      trial.apply.finishOrphans(null);
      if (name === 'a') trial.checkpoint();
    }
    const before = trial.apply.quarantine.list();
    trial.crash();
    expect(trial.apply.quarantine.list()).toEqual(before);
    trial.apply.quarantine.purge(null);
    trial.close();
    expect(existsSync(join(trial.base, 'srv/.understudy'))).toBe(false);
  });

  it('lies inside the protected folder where it cannot lie beside it', () => {
    started();
    const foreign = join(trial.base, 'srv/.understudy');
    mkdirSync(foreign);
    chmodSync(foreign, 0o755);
    trial.do(create(11, ROOT, 'f', 'one'));
    expect(existsSync(trial.path('.understudy', 'shop', 'staging'))).toBe(true);
    expect(readFileSync(trial.path('f'), 'utf8')).toBe('one');
  });
});

function problemOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    return isProblem(error) ? error.code : String(error);
  }
  return 'none';
}
