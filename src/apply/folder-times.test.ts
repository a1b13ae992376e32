import { linkSync, lstatSync, mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { FolderEntry } from '../changes/change.ts';
import { fromText } from '../kernel/byte-string.ts';
import { attributes, create, createFolder, entry, ROOT, Trial } from './trial.testing.ts';

let trial: Trial;
afterEach(() => trial.end());

const timeOf = (...path: string[]): number => Math.floor(lstatSync(trial.path(...path)).mtimeMs / 1000);

describe('the time of a folder', () => {
  it('is put back by a replay that finds a name made already by the run before it', () => {
    trial = new Trial().rooted();
    trial.do(createFolder(10, ROOT, 'a'), create(11, ROOT, 'f', 'x'));
    trial.checkpoint();
    linkSync(trial.path('f'), trial.path('a', 'g'));
    trial.crash();
    expect(timeOf('a')).not.toBe(110);
    trial.do({ kind: 'link', node: 11, parent: 10, name: fromText('g') });
    trial.apply.pump();
    expect(timeOf('a')).toBe(110);
  });

  it('is put back where a stranger put something else in the place of a file', () => {
    trial = new Trial().rooted();
    trial.do(createFolder(10, ROOT, 'a'), create(11, 10, 'f', 'x'));
    trial.apply.pump();
    writeFileSync(trial.path('a', 'other'), 'y');
    renameSync(trial.path('a', 'other'), trial.path('a', 'f'));
    expect(timeOf('a')).not.toBe(110);
    trial.apply.namesMeddled(trial.node(10));
    trial.apply.pump();
    expect(timeOf('a')).toBe(110);
  });

  it('is put back of a protected folder in which our own folder was made, because it can not lie beside it', () => {
    trial = new Trial();
    // Somebody else's, as all may look into it.
    mkdirSync(join(trial.base, 'srv/.understudy'), { recursive: true, mode: 0o755 });
    mkdirSync(trial.path('a'), { recursive: true });
    writeFileSync(trial.path('a', 'f'), 'x');
    utimesSync(trial.root, 50, 50);
    trial.do({ kind: 'root', node: ROOT, folder: fromText('/srv/shop') });
    const folder: FolderEntry = {
      ...entry(10, 'a', Buffer.alloc(0), attributes(110, 0o755)),
      type: 'folder',
      hash: 0n,
    };
    trial.equal(ROOT, folder);
    trial.apply.folders.equal(trial.node(ROOT), attributes(50, 0o755), true);
    trial.do(create(12, 10, 'g', 'new'));
    trial.apply.pump();
    expect(readFileSync(trial.path('a', 'g'), 'utf8')).toBe('new');
    expect(lstatSync(trial.path('.understudy')).isDirectory()).toBe(true);
    expect(timeOf()).toBe(50);
  });
});
