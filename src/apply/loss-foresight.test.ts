import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../changes/change.ts';
import { type Node, NodeTree } from '../changes/node-tree.ts';
import { fromText } from '../kernel/byte-string.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { LossBrake } from './loss-brake.ts';
import { LOOK_MS } from './loss-foresight.ts';

const ROOT = 1;
const FOLDER = fromText('/srv');
const ITEMS = 200;
const LARGE = 6_000;
/** More than a call takes arguments. */
const VERY_MANY = 700_000;

let tree: NodeTree;
let root: Node;
let now: number;
let brake: LossBrake;

beforeEach(() => {
  tree = new NodeTree();
  root = tree.addRoot(FOLDER, ROOT);
  fill(ITEMS);
  now = 100_000;
  const isProtected = (): boolean => true;
  brake = new LossBrake({ tree, itemsMin: 50, now: () => now as MonotonicMs, isProtected, changed: () => undefined });
});

function fill(items: number): void {
  for (let item = tree.countBelow(root); item < items; item++) tree.add(root, nameOf(item), 100 + item, 'file');
}

function nameOf(item: number): ReturnType<typeof fromText> {
  return fromText(`item-${item}`);
}

function unlink(item: number): Change {
  return { kind: 'unlink', node: 100 + item, parent: ROOT, name: nameOf(item) };
}

function create(item: number, parent = ROOT): Change {
  const attributes = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };
  const content = new Uint8Array(0);
  return {
    kind: 'create',
    parent,
    name: nameOf(item),
    node: 100 + item,
    type: 'file',
    attributes,
    sizeBytes: 0,
    content,
  };
}

/** Apply comes to the first of them, and all are looked at. */
function foresee(first: number, count: number, everyMs = 0): void {
  expect(brake.foresight.begins(unlink(first))).toBe(true);
  for (let item = first; item < first + count; item++) {
    brake.foresight.meet(unlink(item));
    now += everyMs;
  }
}

/** Time goes on, and it is looked as often as it should be. @returns what was said, each time. */
function wait(ms: number): Set<string> {
  const said = new Set<string>();
  for (const end = now + ms; now < end && !said.has('go'); ) {
    now += LOOK_MS;
    said.add(brake.foresight.judge(false));
  }
  return said;
}

describe('names that go one by one', () => {
  it('are held before the first of them where they are too many', () => {
    foresee(0, 101);
    expect(brake.foresight.judge(false)).toBe('held');
    expect(brake.isHeld).toBe(true);
    expect(brake.list()[0]?.what).toBe('lost 101 of 200 items within a minute');
    expect(tree.countBelow(root)).toBe(ITEMS);
  });

  it('are waited for until none has gone for a tenth of a second, for a second where they are many', () => {
    foresee(0, 9);
    expect([...wait(100)]).toEqual(['wait']);
    expect([...wait(LOOK_MS)]).toEqual(['go']);
    foresee(0, 10);
    expect([...wait(1000)]).toEqual(['wait']);
    expect([...wait(LOOK_MS)]).toEqual(['go']);
    expect(brake.isHeld).toBe(false);
  });

  it('are waited for also where this thread stood still and what went meanwhile is not received yet', () => {
    for (const quietMs of [0, 80]) {
      foresee(0, 9);
      wait(quietMs);
      now += 30_000;
      expect(brake.foresight.judge(false)).toBe('wait');
      brake.foresight.forget();
    }
    foresee(0, 60);
    wait(980);
    now += 30_000;
    expect(brake.foresight.judge(false)).toBe('wait');
    for (let item = 60; item < ITEMS; item++) brake.foresight.meet(unlink(item));
    expect(brake.foresight.judge(false)).toBe('held');
    expect(brake.list()[0]?.what).toBe('lost all of its 200 items within a minute');
  });

  it('are not taken to go slowly because this thread stood still', () => {
    fill(LARGE);
    foresee(0, 30);
    now += 30_000;
    expect(brake.foresight.judge(false)).toBe('wait');
    expect([...wait(900)]).toEqual(['wait']);
  });

  it('are decided at once where no more can come', () => {
    foresee(0, 50);
    expect(brake.foresight.judge(true)).toBe('go');
    foresee(0, 150);
    expect(brake.foresight.judge(true)).toBe('held');
  });

  it('are waited for while they are so fast that they would be too many within a minute', () => {
    const began = now;
    foresee(0, 30);
    let item = 30;
    while (now - began < 50_000) {
      expect([...wait(900)]).toEqual(['wait']);
      brake.foresight.meet(unlink(item++));
    }
    // One in 900 ms and the 30 of the beginning come to less than half of 200 by then.
    for (let said = new Set<string>(); !said.has('go'); said = wait(900)) brake.foresight.meet(unlink(item++));
    expect(now - began).toBeLessThan(55_000);
    expect(brake.isHeld).toBe(false);
  });

  it('are not waited for while they go slowly, and again as soon as they don’t', () => {
    fill(LARGE);
    foresee(0, 1);
    let gone = 1;
    while (!wait(60).has('go')) brake.foresight.meet(unlink(gone++));
    expect(gone).toBeLessThan(20);
    // 16 a second come to less than half of 6,000 within a minute.
    for (let item = 20; item < 60; item++) {
      expect(brake.foresight.begins(unlink(item))).toBe(false);
      now += 60;
    }
    let passed = 0;
    while (!brake.foresight.begins(unlink(60 + passed))) passed++;
    expect(passed).toBeLessThan(LARGE / 2 / 60);
  });
});

describe('what is not waited for', () => {
  it('is what was made just now', () => {
    brake.meets(create(1000));
    tree.add(root, nameOf(1000), 1100, 'file');
    expect(brake.foresight.begins(unlink(1000))).toBe(false);
    now += 60_000;
    expect(brake.foresight.begins(unlink(1000))).toBe(true);
  });

  it('is a folder in which names that go are gathered before they are told', () => {
    const state = { kind: 'folderState', folder: FOLDER, present: true, fileSystem: '', identity: '' } as const;
    brake.meets({ ...state, items: ITEMS, isGathered: true });
    expect(brake.foresight.begins(unlink(0))).toBe(false);
    // Says nothing of that.
    brake.meets({ ...state, items: ITEMS, isGathered: null });
    expect(brake.foresight.begins(unlink(0))).toBe(false);
    brake.meets({ ...state, items: ITEMS, isGathered: false });
    expect(brake.foresight.begins(unlink(0))).toBe(true);
  });

  it('is a set that is too small to lose much', () => {
    for (let item = 40; item < ITEMS; item++) tree.unlink(root, nameOf(item));
    expect(brake.foresight.begins(unlink(0))).toBe(false);
  });

  it('is a rename within the folder, unlike one into another', () => {
    const other = tree.addRoot(fromText('/other'), 2);
    const rename = { kind: 'rename', node: 100, parent: ROOT, name: nameOf(0), newName: nameOf(0) } as const;
    expect(brake.foresight.begins({ ...rename, newParent: ROOT })).toBe(false);
    expect(brake.foresight.begins({ ...rename, newParent: other.id })).toBe(true);
  });
});

it('what is made and goes ahead is no loss, and what is in a folder counts once', () => {
  const folder = tree.add(root, fromText('folder'), 5000, 'folder');
  for (let item = 0; item < 100; item++) tree.add(folder, nameOf(item), 6000 + item, 'file');
  expect(brake.foresight.begins(unlink(0))).toBe(true);
  for (let item = 1000; item < 1500; item++) {
    brake.foresight.meet(create(item));
    brake.foresight.meet(unlink(item));
  }
  for (let item = 0; item < 100; item++)
    brake.foresight.meet({ kind: 'unlink', node: 6000 + item, parent: 5000, name: nameOf(item) });
  brake.foresight.meet({ kind: 'unlink', node: 5000, parent: ROOT, name: fromText('folder') });
  expect(brake.foresight.judge(false)).toBe('wait');
  for (let item = 0; item < 49; item++) brake.foresight.meet(unlink(item));
  expect(brake.foresight.judge(false)).toBe('wait');
  brake.foresight.meet(unlink(49));
  expect(brake.foresight.judge(false)).toBe('held');
  expect(brake.list()[0]?.what).toBe('lost 151 of 301 items within a minute');
});

it('a folder of very many names may go at once', () => {
  const folder = tree.add(root, fromText('folder'), 50, 'folder');
  for (let item = 0; item < VERY_MANY; item++) tree.add(folder, nameOf(item), 1_000_000 + item, 'file');
  const unlinkFolder: Change = { kind: 'unlink', node: 50, parent: ROOT, name: fromText('folder') };
  brake.foresight.begins(unlinkFolder);
  brake.foresight.meet(unlinkFolder);
  now += 1_000;
  expect(brake.foresight.judge(false)).toBe('held');
  expect(brake.list()[0]?.what).toMatch(new RegExp(`^lost ${VERY_MANY + 1} of ${VERY_MANY + ITEMS + 1} items`));
});
