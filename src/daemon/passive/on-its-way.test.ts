import { expect, it } from 'vitest';
import type { Attributes } from '../../changes/change.ts';
import type { Difference } from '../../changes/difference.ts';
import { NodeTree } from '../../changes/node-tree.ts';
import { fromText } from '../../kernel/byte-string.ts';
import { isOnItsWay } from './on-its-way.ts';

const tree = new NodeTree();
const root = tree.addRoot(fromText('/srv'), 1);
const node = tree.add(root, fromText('large'), 2, 'file');
node.mtimeSeconds = 50;
node.sizeBytes = 1;

const attributes = (mtimeSeconds: number): Attributes => ({
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtimeSeconds,
  mtimeNanoseconds: 0,
});
const ranges = (mtimeSeconds: number, of = 2): Difference => ({
  kind: 'ranges',
  node: of,
  attributes: attributes(mtimeSeconds),
  sizeBytes: 1,
  ranges: [],
});
const content = (mtimeSeconds: number, sizeBytes: number): Difference => ({
  kind: 'content',
  parent: 1,
  entry: {
    name: fromText('large'),
    node: 2,
    type: 'file',
    attributes: attributes(mtimeSeconds),
    sizeBytes,
    hash: 0n,
    target: fromText(''),
    linked: false,
  },
});
const orphan: Difference = { kind: 'orphan', parent: 1, name: fromText('o'), type: 'file' };
const known = { tree, isArriving: (): boolean => false, isVerified: true };

it.each([
  ['changed on the active server since the stream told of it', ranges(51), known, true],
  ['a small file that changed so', content(51, 1), known, true],
  ['a small file that grew within a tick of the clock', content(50, 2), known, true],
  ['a small file that is as the stream says', content(50, 1), known, false],
  ['as old as the stream says', ranges(50), known, false],
  ['of another time than before everything was verified', ranges(51), { ...known, isVerified: false }, false],
  ['awaited anyway', ranges(50), { ...known, isArriving: (): boolean => true, isVerified: false }, true],
  ['not known here', ranges(51, 9), known, false],
  ['only here', orphan, { ...known, isArriving: (): boolean => true }, false],
] as const)('what is %s differs because of a change that is coming, or not', (_what, difference, by, expected) => {
  expect(isOnItsWay(difference, by)).toBe(expected);
});
