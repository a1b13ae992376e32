import { expect, it } from 'vitest';
import { fromText } from '../kernel/byte-string.ts';
import type { Change } from './change.ts';
import { DirtySet } from './dirty-set.ts';

const attributes = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };
const [a, b] = [fromText('a'), fromText('b')];
const content = new Uint8Array();
const verified = { attributes, sizeBytes: 0, firstRange: 0, hashes: [], last: true };

function shown(set: DirtySet): string[] {
  const names = [...set.names].flatMap(([folder, of]) => [...of].map((name) => `${String(folder)}/${name}`));
  return [...names, ...[...set.nodes].map(String)].sort();
}

it.each<[string, Change, string[]]>([
  // A number may be used again: what has it now need not be what had it before.
  [
    'a new node: its name, and itself',
    { kind: 'create', node: 9, parent: 2, name: a, type: 'file', attributes, sizeBytes: 0, content },
    ['2/a', '9'],
  ],
  ['one more name', { kind: 'link', node: 9, parent: 2, name: a }, ['2/a']],
  ['a name that is gone', { kind: 'unlink', node: 9, parent: 2, name: a }, ['2/a']],
  [
    'a name that is another now: both',
    { kind: 'rename', node: 9, parent: 2, name: a, newParent: 3, newName: b },
    ['2/a', '3/b'],
  ],
  ['content', { kind: 'content', node: 9, attributes, content }, ['9']],
  ['a range', { kind: 'write', node: 9, attributes, sizeBytes: 0, offset: 0, content }, ['9']],
  ['attributes', { kind: 'attributes', node: 9, attributes }, ['9']],
  ['large content just captured', { kind: 'verifyContent', check: 0, node: 9, ...verified }, ['9']],
  ['what a check states: nothing', { kind: 'verifyContent', check: 5, node: 9, ...verified }, []],
  ['which folder is protected: nothing', { kind: 'root', node: 1, folder: fromText('/srv') }, []],
])('what may differ after a change is lost — %s', (_of, change, dirty) => {
  const set = new DirtySet();
  set.add(change);
  set.add(change);
  expect(shown(set)).toEqual(dirty);
  expect(set.size).toBe(dirty.length);
});

it('two sets make one, each entry once', () => {
  const [one, other] = [new DirtySet(), new DirtySet()];
  one.add({ kind: 'rename', node: 9, parent: 2, name: a, newParent: 2, newName: b });
  other.add({ kind: 'unlink', node: 9, parent: 2, name: b });
  other.add({ kind: 'attributes', node: 2, attributes });
  one.addAll(other);
  expect(shown(one)).toEqual(['2', '2/a', '2/b']);
  expect(one.size).toBe(3);
});

it('is bounded, and says so', () => {
  const set = new DirtySet();
  for (let node = 0; node < 250_000; node++) set.add({ kind: 'attributes', node, attributes });
  expect(set.isTooMuch).toBe(true);
  expect(set.size).toBeLessThan(250_000);
  const other = new DirtySet();
  other.addAll(set);
  expect(other.isTooMuch).toBe(true);
});
