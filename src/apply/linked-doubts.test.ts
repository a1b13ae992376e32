import { linkSync, lstatSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { FolderEntry } from '../changes/change.ts';
import { fromText } from '../kernel/byte-string.ts';
import { attributes, create, createFolder, entry, FOLDER, ROOT, Trial } from './trial.testing.ts';

let trial: Trial;
afterEach(() => trial.end());

const CONTENT = Buffer.from('x');
const stated = (name: string): FolderEntry => ({ ...entry(11, name, CONTENT, attributes(111)), linked: true });

/** A file with the names a and b, the second of which a stranger took away. */
function robbed(): void {
  trial = new Trial().rooted();
  trial.do(create(11, ROOT, 'a', CONTENT), { kind: 'link', node: 11, parent: ROOT, name: fromText('b') });
  rmSync(trial.path('b'));
  const path = fromText(`${FOLDER}/b`);
  trial.apply.meddled({ node: trial.node(11), parent: trial.node(ROOT), path }, 'deleted', 7);
}

describe('a file in doubt that lost one of its names', () => {
  it('stays in doubt where a check finds it equal by the other, until it has both', () => {
    robbed();
    trial.equal(ROOT, stated('a'));
    expect(trial.statusOf(11)).toBe('Unchecked');
    trial.apply.repair({ kind: 'missing', parent: ROOT, entry: stated('b') });
    expect(trial.statusOf(11)).toBe('Synchronized');
    expect(lstatSync(trial.path('b')).ino).toBe(lstatSync(trial.path('a')).ino);
  });

  it('stays in doubt where the stream says what it holds', () => {
    robbed();
    trial.do({ kind: 'content', node: 11, attributes: attributes(112), content: Buffer.from('y') });
    expect(trial.statusOf(11)).toBe('Unchecked');
    trial.apply.pump();
    expect([...trial.rechecks]).toContain(11);
  });
});

describe('the names of one file', () => {
  it('are made one again where each of them leads to a file that holds what is stated', () => {
    robbed();
    writeFileSync(trial.path('b'), CONTENT);
    for (let look = 0; look < 2; look++) for (const name of ['a', 'b']) trial.equal(ROOT, stated(name));
    expect(lstatSync(trial.path('b')).ino).toBe(lstatSync(trial.path('a')).ino);
    expect(trial.statusOf(11)).toBe('Synchronized');
  });

  it('are none of those of another file, though a check finds them to lead there', () => {
    trial = new Trial().rooted();
    trial.do(create(12, ROOT, 'c', CONTENT));
    linkSync(trial.path('c'), trial.path('b'));
    const missing = () => trial.apply.repair({ kind: 'missing', parent: ROOT, entry: stated('a') });
    missing();
    trial.equal(ROOT, stated('b'));
    trial.apply.pump();
    missing();
    trial.apply.repair({ kind: 'missing', parent: ROOT, entry: stated('b') });
    trial.answerAll(() => ({ content: CONTENT, attributes: attributes(111) }));
    const [a, b, c] = ['a', 'b', 'c'].map((name) => lstatSync(trial.path(name)).ino);
    expect(b).toBe(a);
    expect(c).not.toBe(a);
    expect(trial.statusOf(11)).toBe('Synchronized');
  });

  it('are all asked for where the file stays in doubt: it may have lost any of them', () => {
    trial = new Trial().rooted();
    trial.do(createFolder(10, ROOT, 'd'), create(11, ROOT, 'a', CONTENT));
    trial.do({ kind: 'link', node: 11, parent: 10, name: fromText('b') });
    const path = fromText(`${FOLDER}/a`);
    trial.apply.meddled({ node: trial.node(11), parent: trial.node(ROOT), path }, 'modified', 7);
    trial.apply.pump();
    trial.now = 1000;
    trial.apply.retry(trial.now as never);
    expect([...trial.pathsAsked]).toEqual([`${FOLDER}/a`, `${FOLDER}/d/b`]);
  });
});
