import fs from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CheckRig } from '../../test/support/check-rig.ts';
import type { Change } from '../changes/change.ts';
import { DirtySet } from '../changes/dirty-set.ts';
import type { Node } from '../changes/node-tree.ts';
import { fromText } from '../kernel/byte-string.ts';

let rig: CheckRig;
let left: DirtySet;
beforeEach(() => {
  rig = new CheckRig();
  left = new DirtySet();
  rig.bothFolders('sub');
  rig.bothFolders('sub/deep');
  for (const name of ['a', 'b', 'sub/c', 'sub/d', 'sub/deep/e']) rig.both(name);
  rig.settle();
});
afterEach(() => rig.remove());

function node(path: string): Node {
  const found = rig.activeTree.find(fromText(path));
  if (found === undefined) throw new Error(`${path} is in the tree`);
  return found;
}

const check = () => rig.check({ paths: [], left });

/** Names stated, each with its folder; folders by their own attributes as `folder/`. */
function stated(changes: readonly Change[]): string[] {
  return changes.flatMap((change) => {
    const at = (id: number): string => rig.activeTree.pathOf(rig.activeTree.get(id) as Node) ?? '';
    if (change.kind === 'attributes') return [`${at(change.node)}/`];
    return change.kind === 'verifyFolder' ? change.entries.map(({ name }) => `${at(change.node)}/${name}`) : [];
  });
}

test('a name is stated and nothing beside it, with the way to it first', () => {
  left.add({ kind: 'unlink', node: 1, parent: node('/d/sub').id, name: fromText('c') });
  const { changes, differences } = check();
  expect(stated(changes)).toEqual(['/d/sub', '/d/sub/c']);
  expect(changes.at(0)).toMatchObject({ kind: 'checkBegin', complete: false, itemsTotal: 1 });
  expect(differences).toEqual([]);
});

test('that a name is gone is stated up to the next one that is there', () => {
  left.add({ kind: 'unlink', node: 1, parent: node('/d/sub').id, name: fromText('c1') });
  rig.write(rig.passive, 'sub/c1', 'only here');
  const { differences } = check();
  expect(differences).toMatchObject([{ kind: 'orphan', name: 'c1' }]);
});

test('a file is stated where it is by now, a folder by its own attributes and without what is in it', () => {
  const file = node('/d/b');
  left.add({ kind: 'attributes', node: file.id, attributes: NONE });
  left.add({ kind: 'attributes', node: node('/d/sub').id, attributes: NONE });
  for (const side of [rig.active, rig.passive]) fs.renameSync(`${side}/b`, `${side}/z`);
  const root = node('/d');
  rig.shadow.look(root, fromText('b'));
  rig.shadow.look(root, fromText('z'));
  const { changes } = check();
  // The rename moved the time of the folder above, which is said before it is stated.
  expect(stated(changes).toSorted()).toEqual(['/d/', '/d/sub/', '/d/z']);
});

test('what is gone altogether is passed over', () => {
  left.add({ kind: 'attributes', node: 999_999, attributes: NONE });
  left.add({ kind: 'unlink', node: 1, parent: 999_999, name: fromText('x') });
  expect(check().changes.map(({ kind }) => kind)).toEqual(['checkBegin', 'checkEnd']);
});

test('a name that leads to a folder is stated without what is in it', () => {
  left.add({ kind: 'link', node: 1, parent: node('/d/sub').id, name: fromText('deep') });
  expect(stated(check().changes)).toEqual(['/d/sub', '/d/sub/deep']);
});

const NONE = { mode: 0, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };
