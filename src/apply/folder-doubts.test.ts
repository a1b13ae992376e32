import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { FolderEntry } from '../changes/change.ts';
import { fromText } from '../kernel/byte-string.ts';
import { attributes, create, createFolder, entry, FOLDER, ROOT, Trial } from './trial.testing.ts';

let trial: Trial;
afterEach(() => trial.end());

const AS_STATED = attributes(110, 0o755);
const STATED: FolderEntry = { ...entry(10, 'a', Buffer.alloc(0), AS_STATED), type: 'folder', hash: 0n };

/** A stranger set the time of the folder a. */
function meddledWith(): void {
  trial = new Trial().rooted();
  trial.do(createFolder(10, ROOT, 'a'));
  trial.apply.pump();
  const path = fromText(`${FOLDER}/a`);
  trial.apply.meddled({ node: trial.node(10), parent: trial.node(ROOT), path }, 'attributes changed', 7);
}

describe('a check of some items, which says nothing of what is in a folder', () => {
  const CHECK = 7;
  const folder = (node: number, name: string): FolderEntry => ({ ...STATED, node, name: fromText(name) });

  function begun(): void {
    trial = new Trial().rooted();
    trial.do(createFolder(10, ROOT, 'a'), create(11, 10, 'x', 'x'));
    trial.apply.pump();
    trial.rechecks.clear();
    trial.apply.turnToCheck(CHECK, true, true);
  }

  function asked(): number[] {
    trial.apply.pump();
    return [...trial.rechecks];
  }

  it('leaves doubt about a folder that took the name of another one, for what is in it was the other one’s', () => {
    begun();
    trial.equal(ROOT, folder(20, 'a'));
    expect(trial.statusOf(20)).toBe('Unchecked');
    // What was in it may only have moved, which the check says by its end.
    trial.apply.finishOrphans(CHECK + 1);
    expect(asked()).toEqual([]);
    trial.apply.finishOrphans(CHECK);
    expect(asked()).toEqual([20]);
    expect(trial.statusOf(20)).toBe('Unchecked');
  });

  it('leaves doubt about what was in a folder that has another name, where a new folder has its name', () => {
    begun();
    trial.equal(ROOT, folder(20, 'a'));
    trial.apply.repair({ kind: 'missing', parent: ROOT, entry: folder(10, 'b') });
    expect(trial.statusOf(10)).toBe('Unchecked');
    expect(asked()).toEqual([10]);
  });

  it('leaves doubt about what was in a folder that has another name, where a file has its name', () => {
    begun();
    const content = Buffer.from('file');
    trial.apply.repair({ kind: 'type', parent: ROOT, entry: entry(30, 'a', content), found: 'folder' });
    trial.answerAll(() => ({ content, attributes: attributes(130) }));
    trial.apply.repair({ kind: 'missing', parent: ROOT, entry: folder(10, 'b') });
    expect(trial.statusOf(10)).toBe('Unchecked');
    expect(asked()).toContain(10);
  });

  it('leaves doubt about it also where the stream, which says what was done since, put something in its place', () => {
    begun();
    trial.apply.checksInterrupted();
    trial.do(createFolder(20, ROOT, 'a'));
    // Looks at other items come in between.
    trial.apply.turnToCheck(CHECK + 1, true, true);
    trial.apply.turnToCheck(CHECK, true, true);
    trial.apply.repair({ kind: 'missing', parent: ROOT, entry: folder(10, 'b') });
    expect(trial.statusOf(10)).toBe('Unchecked');
    expect(asked()).toContain(10);
  });

  it('leaves doubt about a folder in which the stream had something to do before the check came to it', () => {
    begun();
    trial.apply.checksInterrupted();
    trial.do(create(21, 20, 'y', 'y'));
    trial.apply.turnToCheck(CHECK, true, true);
    trial.apply.repair({ kind: 'missing', parent: ROOT, entry: folder(20, 'b') });
    expect(trial.statusOf(20)).toBe('Unchecked');
    expect(asked()).toEqual([20]);
    trial.apply.folders.equal(trial.node(20), STATED.attributes, true);
    expect(trial.statusOf(20)).toBe('Synchronized');
  });

  it('leaves none where the check says it all', () => {
    begun();
    trial.apply.turnToCheck(CHECK, true, false);
    trial.equal(ROOT, folder(20, 'a'));
    expect(trial.statusOf(20)).toBe('Synchronized');
  });
});

describe('a folder in doubt', () => {
  it('stays in doubt where a check on its way to something else finds that it is there', () => {
    meddledWith();
    trial.equal(ROOT, STATED);
    expect(trial.statusOf(10)).toBe('Unchecked');
    trial.apply.folders.equal(trial.node(10), AS_STATED, false);
    expect(trial.statusOf(10)).toBe('Unchecked');
  });

  it('is told of a protected folder itself, too, until its own record says that it is well', () => {
    trial = new Trial().rooted();
    trial.apply.pump();
    const root = trial.node(ROOT);
    trial.apply.meddled({ node: root, parent: root, path: FOLDER }, 'attributes changed', 7);
    expect(trial.apply.counts.unchecked).toBe(1);
    trial.now = 70_000;
    trial.apply.retry(trial.now as never);
    trial.apply.pump();
    expect([...trial.rechecks]).toEqual([ROOT]);
    expect(trial.apply.counts.unchecked).toBe(1);
    trial.apply.folders.equal(root, attributes(50, 0o755), true);
    expect(trial.apply.counts.unchecked).toBe(0);
  });

  it('is well again once its attributes and all its names were compared', () => {
    meddledWith();
    trial.apply.folders.equal(trial.node(10), AS_STATED, true);
    expect(trial.statusOf(10)).toBe('Synchronized');
  });

  it('is asked for with a stranger’s name in it where it has another name and a file its former one', () => {
    trial = new Trial().rooted();
    trial.do(createFolder(10, ROOT, 'a'));
    writeFileSync(trial.path('a', 'f'), '');
    trial.apply.meddled({ node: null, parent: trial.node(10), path: fromText(`${FOLDER}/a/f`) }, 'created', 7);
    trial.do({ kind: 'rename', node: 10, parent: ROOT, name: fromText('a'), newParent: ROOT, newName: fromText('b') });
    trial.do(create(12, ROOT, 'a', 'a file'));
    trial.apply.retry(trial.now as never);
    expect([...trial.apply.marked()].map(({ path }) => path)).toEqual([`${FOLDER}/b`, `${FOLDER}/b/f`]);
    trial.apply.repair({ kind: 'orphan', parent: 10, name: fromText('f'), type: 'file' });
    trial.apply.folders.equal(trial.node(10), AS_STATED, true);
    expect(trial.apply.counts).toMatchObject({ unchecked: 0, outOfSync: 0 });
  });

  it('is no more, and no stranger’s name in it, where it has gone and a file has its name', () => {
    trial = new Trial().rooted();
    trial.do(createFolder(10, ROOT, 'a'));
    writeFileSync(trial.path('a', 'f'), '');
    trial.apply.meddled({ node: null, parent: trial.node(10), path: fromText(`${FOLDER}/a/f`) }, 'created', 7);
    trial.do({ kind: 'unlink', node: 10, parent: ROOT, name: fromText('a') }, create(12, ROOT, 'a', 'a file'));
    trial.apply.retry(trial.now as never);
    expect([...trial.apply.marked()].map(({ path }) => path)).toEqual([]);
  });
});
