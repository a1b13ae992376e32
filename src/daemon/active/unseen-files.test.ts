import { beforeEach, expect, it } from 'vitest';
import type { NodeId, Position } from '../../changes/change.ts';
import { type Node, NodeTree } from '../../changes/node-tree.ts';
import { fromText } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { UnseenWriter } from '../../system/processes/unseen-writers.ts';
import type { FromStream } from '../stream/thread-messages.ts';
import { UnseenFiles } from './unseen-files.ts';

const GIB = 1024 ** 3;

let tree: NodeTree;
let folder: Node;
let now: number;
let position: Position;
let told: string[];
let looked: { nodes: readonly NodeId[]; ended: (finished: boolean) => void }[];
let noticed: NodeId[];
let unseen: UnseenFiles;
let reused: Set<number>;

beforeEach(() => {
  tree = new NodeTree();
  folder = tree.addRoot(fromText('/srv'), 1);
  now = 1000;
  position = { epoch: 1, sequence: 10 };
  told = [];
  reused = new Set();
  looked = [];
  noticed = [];
  unseen = new UnseenFiles({
    tree,
    nodeOf: ({ inode }) => tree.get(inode),
    isSame: (_node, { inode }) => !reused.has(inode),
    toMain: (message) => told.push(sayTold(message)),
    mayHaveChanged: (node) => noticed.push(node.id),
    look: (nodes, ended) => looked.push({ nodes, ended }),
    position: () => position,
  });
  told = [];
});

function sayTold(message: FromStream): string {
  if (message.kind === 'problem') return `${message.problem.code} ${message.item}`;
  return message.kind === 'cleared' ? `no ${message.code} ${message.item}` : message.kind;
}

function file(inode: number, name: string, sizeBytes = 100): Node {
  const node = tree.add(folder, fromText(name), inode, 'file');
  node.sizeBytes = sizeBytes;
  return node;
}

function writer(inode: number, by: UnseenWriter['by'] = 'mapping'): UnseenWriter {
  const process = { processId: 7, name: 'db', commandLine: 'db --all', unit: 'db.service' };
  return { device: 1, inode, by, path: 'any', direct: false, born: null, process };
}

function step(afterMs = 0, mayLook = true, isWhole = true): void {
  now += afterMs;
  unseen.step(now as MonotonicMs, mayLook, isWhole);
}

/** Ends the last lot of looks. */
function end(finished = true): void {
  position = { ...position, sequence: position.sequence + 1 };
  looked.at(-1)?.ended(finished);
}

it('counts what was heard of while the tree was being listed as soon as the tree has it', () => {
  unseen.heard([writer(2)]);
  step(0, false, false);
  file(2, 'a');
  step(5, false, false);
  expect(unseen.count).toBe(0);
  step(5, false);
  expect(unseen.count).toBe(1);
});

it('counts a file from when a writer is found until it was stated after the writer is gone, and applied', () => {
  file(2, 'a');
  unseen.heard([writer(2)]);
  step();
  expect(told).toEqual(['CAP-009 /srv/a']);
  expect(unseen.count).toBe(1);
  end();
  unseen.applied(position);
  expect(unseen.count).toBe(1);
  unseen.heard([]);
  step();
  expect(told).toEqual(['CAP-009 /srv/a', 'no CAP-009 /srv/a']);
  expect(looked.map(({ nodes }) => nodes)).toEqual([[2], [2]]);
  unseen.applied({ epoch: 1, sequence: 99 });
  expect(unseen.count).toBe(1);
  end();
  unseen.applied({ ...position, sequence: position.sequence - 1 });
  expect(unseen.count).toBe(1);
  unseen.applied(position);
  expect(unseen.count).toBe(0);
});

it('does not trust a look that began before the writer was gone', () => {
  file(2, 'a');
  unseen.heard([writer(2)]);
  step();
  unseen.heard([]);
  step();
  end();
  unseen.applied(position);
  expect(unseen.count).toBe(1);
  step();
  expect(looked.length).toBe(2);
});

it('looks once more where the stream began anew before the look was through, or after', () => {
  file(2, 'a');
  unseen.heard([writer(2)]);
  step(0, false);
  unseen.heard([]);
  step();
  end(false);
  step();
  end();
  expect(looked.length).toBe(2);
  unseen.streamBegan();
  unseen.applied({ epoch: 2, sequence: 0 });
  expect(unseen.count).toBe(1);
  step();
  expect(looked.length).toBe(3);
});

it('looks at mapped files every 5 s, at large ones more seldom, and never before it may', () => {
  file(2, 'small');
  file(3, 'large', GIB);
  unseen.heard([writer(2), writer(3)]);
  step(0, false);
  expect(looked).toEqual([]);
  step();
  for (let second = 1; second <= 120; second += 1) {
    if (looked.length > 0) end();
    step(1000);
  }
  const nodes = looked.flatMap((lot) => lot.nodes);
  expect(nodes.filter((node) => node === 2).length).toBe(25);
  expect(nodes.filter((node) => node === 3).length).toBe(2);
});

it('has files with asynchronous writers looked at as after a notice, and stated in full at the end only', () => {
  file(2, 'a', GIB);
  unseen.heard([writer(2, 'asynchronous')]);
  for (let second = 0; second < 10; second += 1) step(1000);
  expect(noticed).toEqual([2, 2]);
  expect(looked).toEqual([]);
  unseen.heard([]);
  step();
  expect(looked.map(({ nodes }) => nodes)).toEqual([[2]]);
});

it('finds a file that the tree comes to know later, follows its name, and lets go of one that is deleted', () => {
  unseen.heard([writer(2)]);
  step();
  expect(unseen.count).toBe(0);
  const node = file(2, 'a');
  step(1000);
  tree.rename(node, { parent: folder, name: node.name }, { parent: folder, name: fromText('b') });
  step(1000);
  tree.unlink(folder, fromText('b'));
  step(1000);
  expect(told).toEqual(['CAP-009 /srv/a', 'no CAP-009 /srv/a', 'CAP-009 /srv/b', 'no CAP-009 /srv/b']);
  expect(unseen.count).toBe(0);
});

it('does not count the index of an SQLite log while it is in use, unless there is no log', () => {
  file(2, 'db-shm');
  unseen.heard([writer(2)]);
  step();
  expect(unseen.count).toBe(1);
  end();
  file(3, 'db-wal');
  step(1000);
  expect(told).toEqual(['CAP-009 /srv/db-shm', 'no CAP-009 /srv/db-shm', 'CAP-010 /srv/db-shm']);
  expect(unseen.count).toBe(0);
  unseen.heard([]);
  step();
  expect(told.at(-1)).toBe('no CAP-010 /srv/db-shm');
  expect(unseen.count).toBe(1);
  end();
  unseen.applied(position);
  expect(unseen.count).toBe(0);
});

it('names what an unclean stop must leave to be checked, each time that all before was applied', () => {
  file(2, 'a');
  unseen.heard([writer(2)]);
  expect(unseen.takeUnsettled()).toEqual([]);
  step();
  expect(unseen.takeUnsettled()).toEqual(['/srv/a']);
  expect(unseen.takeUnsettled()).toEqual([]);
  unseen.applied(position);
  expect(unseen.takeUnsettled()).toEqual(['/srv/a']);
});

it('says that it knows nothing while nobody looks for writers', () => {
  expect(unseen.isKnown).toBe(true);
  unseen.heard(null);
  expect(unseen.isKnown).toBe(false);
  unseen.heard([]);
  expect(unseen.isKnown).toBe(true);
});

it('does not take a new file for one that was found before it and had the same inode number', () => {
  file(2, 'a');
  unseen.heard([writer(2)]);
  step();
  tree.unlink(folder, fromText('a'));
  file(2, 'b');
  reused.add(2);
  step(1000);
  expect(told).toEqual(['CAP-009 /srv/a', 'no CAP-009 /srv/a']);
  unseen.heard([writer(2)]);
  reused.clear();
  step(1000);
  expect(told.at(-1)).toBe('CAP-009 /srv/b');
});
