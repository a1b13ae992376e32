import { describe, expect, it } from 'vitest';
import type { Change, Position } from '../../changes/change.ts';
import { NodeTree, type Node } from '../../changes/node-tree.ts';
import { fromText } from '../../kernel/byte-string.ts';
import type { Flush } from './decode-flush.ts';
import { FlushCoverage } from './flush-coverage.ts';

const SRV = fromText('/srv');
const at = (sequence: number): Position => ({ epoch: 1, sequence });

function flushOf(inode: number, folder = SRV): Flush {
  return { reply: { place: 0, uniqueLow: 0, uniqueHigh: 0, mount: 0 }, node: { folder, inode } };
}

/** A folder with one file in it, known by the numbers 2 and 3. */
function rig() {
  const tree = new NodeTree(1);
  const root = tree.addRoot(SRV, 1);
  const folder = tree.add(root, fromText('folder'), 2, 'folder');
  const file = tree.add(folder, fromText('file'), 3, 'file');
  const nodes = new Map<number, Node>([
    [2, folder],
    [3, file],
  ]);
  const world = { isIncomplete: false, untold: new Set<number>() };
  const operations = {
    nodeOf: (_: unknown, inode: number) => nodes.get(inode),
    isTold: (node: Node) => !world.untold.has(node.id),
    get isIncomplete() {
      return world.isIncomplete;
    },
  };
  const coverage = new FlushCoverage(tree, () => operations);
  const named = (node: number, position: Position, check = 0): void =>
    coverage.told({ kind: 'verifyContent', check, node } as Change, position);
  return { coverage, world, named };
}

describe('what a flush covers', () => {
  it('is told by the records before it', () => {
    const { coverage, world } = rig();
    expect(coverage.of(flushOf(3))).toEqual({ what: 'records', fetched: null });
    world.untold.add(3);
    expect(coverage.of(flushOf(3)).what).toBe('untold');
    expect(coverage.of(flushOf(2)).what).toBe('records');
  });

  it('is nothing where it is about no item, which is known once all are', () => {
    const { coverage, world } = rig();
    expect(coverage.of(flushOf(9)).what).toBe('nothing');
    world.isIncomplete = true;
    expect(coverage.of(flushOf(9)).what).toBe('untold');
    world.isIncomplete = false;
    // It can't be read yet.
    expect(coverage.of(flushOf(9, fromText('/srv-2'))).what).toBe('untold');
  });

  it('has content that was only named by its hashes, of a file and for its folder, until that is there', () => {
    const { coverage, named } = rig();
    named(3, at(4), 7);
    expect(coverage.of(flushOf(3)).fetched).toBeNull();
    named(3, at(5));
    named(1, at(9));
    expect(coverage.of(flushOf(3)).fetched).toEqual(at(5));
    expect(coverage.of(flushOf(2)).fetched).toEqual(at(5));
    coverage.isHere(at(8));
    expect(coverage.newest).toEqual(at(9));
    coverage.isHere(at(9));
    expect(coverage.newest).toBeNull();
    named(3, at(15));
    coverage.isHere(at(14));
    expect(coverage.of(flushOf(3)).fetched).toEqual(at(15));
    coverage.isHere(at(15));
    expect(coverage.of(flushOf(3)).fetched).toBeNull();
  });

  it('may be any content where too many files are named', () => {
    const { coverage, named } = rig();
    for (let node = 100; node < 1_100; node++) named(node, at(node));
    named(3, at(2_000));
    expect(coverage.of(flushOf(2)).fetched).toEqual(at(2_000));
    coverage.isHere(at(2_000));
    expect(coverage.of(flushOf(2)).fetched).toBeNull();
  });
});
