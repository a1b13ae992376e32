import { beforeEach, describe, expect, it } from 'vitest';
import { type Name, type Node, NodeTree } from '../changes/node-tree.ts';
import { fromText } from '../kernel/byte-string.ts';
import { NOTICE } from '../kernel/notices.ts';
import { countDeparting, Departures, isDeletion } from './departures.ts';

let tree: NodeTree;
let root: Node;
let folder: Node;

beforeEach(() => {
  tree = new NodeTree();
  root = tree.addRoot(fromText('/set'), 1);
  folder = tree.add(root, fromText('folder'), 2, 'folder');
  for (let item = 0; item < 5; item++) tree.add(folder, fromText(`item-${item}`), 10 + item, 'file');
  tree.add(root, fromText('file'), 3, 'file');
});

function named(parent: Node, name: string): Name {
  return { parent, name: fromText(name) };
}

describe('names that go', () => {
  it('go together until none has gone for 100 ms', () => {
    const departures = new Departures();
    expect(departures.overMs).toBe(Number.POSITIVE_INFINITY);
    departures.add(named(root, 'file'), 1000);
    departures.add(named(folder, 'item-0'), 1090);
    expect(departures.overMs).toBe(1190);
    expect(departures.takeAll()).toHaveLength(2);
    expect(departures.overMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('wait no longer than 5 s', () => {
    const departures = new Departures();
    for (let nowMs = 1000; nowMs < 20_000; nowMs += 50) departures.add(named(root, 'file'), nowMs);
    expect(departures.overMs).toBe(6000);
  });

  it.each([
    [NOTICE.deleted, true],
    [NOTICE.deleted | NOTICE.modified, true],
    [NOTICE.deleted | NOTICE.created, false],
    [NOTICE.deleted | NOTICE.moved, false],
    [NOTICE.modified, false],
  ])('are told by their bits (%i: %s)', (bits, expected) => {
    expect(isDeletion(bits)).toBe(expected);
  });
});

describe('counting what goes', () => {
  it('counts a folder with all that is in it, once', () => {
    const names = [named(root, 'folder'), named(folder, 'item-0'), named(folder, 'item-1')];
    expect([...countDeparting(tree, names)]).toEqual([[root, 6]]);
  });

  it('counts single names, and passes over what is gone from the tree', () => {
    const names = [named(folder, 'item-0'), named(root, 'file'), named(root, 'unknown')];
    expect([...countDeparting(tree, names)]).toEqual([[root, 2]]);
  });
});
