import { lstatSync, rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { FolderEntry } from '../changes/change.ts';
import { fromText } from '../kernel/byte-string.ts';
import { attributes, create, entry, FOLDER, ROOT, Trial } from './trial.testing.ts';

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
