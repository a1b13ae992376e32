import { beforeEach, describe, expect, it } from 'vitest';
import type { Change, FolderStateChange } from '../changes/change.ts';
import { NodeTree } from '../changes/node-tree.ts';
import { fromText } from '../kernel/byte-string.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { LossBrake } from './loss-brake.ts';

const ROOT = 1;
const FOLDER = fromText('/srv');
const ITEMS = 200;

let tree: NodeTree;
let now: number;
let told: string[];
let brake: LossBrake;

beforeEach(() => {
  tree = new NodeTree();
  const root = tree.addRoot(FOLDER, ROOT);
  for (let item = 0; item < ITEMS; item++) tree.add(root, nameOf(item), 100 + item, 'file');
  now = 100_000;
  told = [];
  brake = newBrake();
});

function newBrake(): LossBrake {
  const made = new LossBrake({
    tree,
    itemsMin: 50,
    now: () => now as MonotonicMs,
    isProtected: (folder) => folder === FOLDER,
    changed: () => undefined,
  });
  made.onTold = (folder, code, problem) => void told.push(`${code} ${folder} ${problem === null ? 'over' : 'begins'}`);
  return made;
}

function nameOf(item: number): ReturnType<typeof fromText> {
  return fromText(`item-${item}`);
}

function state(change: Partial<FolderStateChange> = {}): FolderStateChange {
  const place = { fileSystem: 'ef53:1', identity: '2:3.4' };
  return { kind: 'folderState', folder: FOLDER, present: true, ...place, items: ITEMS, isGathered: null, ...change };
}

/** Meets it, and applies it to the tree where it may be. */
function meet(change: Change): boolean {
  if (!brake.meets(change)) return false;
  if (change.kind === 'unlink') tree.unlink(rootNode(), change.name);
  if (change.kind === 'rename') {
    tree.unlink(rootNode(), change.newName);
    const node = tree.get(change.node);
    if (node === undefined) throw new Error('nothing to rename');
    tree.rename(node, { parent: rootNode(), name: change.name }, { parent: rootNode(), name: change.newName });
  }
  if (change.kind === 'create') tree.add(rootNode(), change.name, change.node, change.type);
  return true;
}

function rootNode(): NonNullable<ReturnType<NodeTree['get']>> {
  const root = tree.get(ROOT);
  if (root === undefined) throw new Error('no root');
  return root;
}

function unlink(item: number): Change {
  return { kind: 'unlink', node: 100 + item, parent: ROOT, name: nameOf(item) };
}

function create(item: number): Change {
  const attributes = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };
  const content = new Uint8Array(0);
  const names = { parent: ROOT, name: nameOf(item), node: 100 + item };
  return { kind: 'create', ...names, type: 'file', attributes, sizeBytes: 0, content };
}

function rename(item: number, to: number): Change {
  const names = { parent: ROOT, name: nameOf(item), newParent: ROOT, newName: nameOf(to) };
  return { kind: 'rename', node: 100 + item, ...names };
}

/** How many may go before it is held. */
function loseUntilHeld(everyMs = 0): number {
  for (let item = 0; item < ITEMS; item++) {
    now += everyMs;
    if (!meet(unlink(item))) return item;
  }
  return ITEMS;
}

describe('losses in the stream', () => {
  it('are held back at more than half within a minute', () => {
    expect(loseUntilHeld()).toBe(ITEMS / 2);
    expect(brake.isHeld).toBe(true);
    expect(brake.takeTurn()).toBe(true);
    expect(told).toEqual(['APL-020 /srv begins']);
    expect(brake.list()[0]?.what).toBe('lost 101 of 200 items within a minute');
  });

  it('may be as many when they take their time', () => {
    expect(loseUntilHeld(2000)).toBe(ITEMS);
  });

  it('are held back when more has gone than is left, what was made just now included', () => {
    for (let item = 0; item < 100; item++) meet(create(1000 + item));
    now += 2000;
    let lost = 0;
    while (meet(unlink(lost))) lost++;
    expect(lost).toBe(150);
  });

  it('are none where things come and go within a minute, however many', () => {
    for (let round = 0; round < 10; round++) {
      for (let item = 0; item < 300; item++) meet(create(1000 + item));
      for (let item = 0; item < 300; item++) expect(meet(unlink(1000 + item))).toBe(true);
    }
    expect(brake.isHeld).toBe(false);
  });

  it('are none where new files take the place of all the old ones', () => {
    for (let item = 0; item < ITEMS; item++) {
      meet(create(1000 + item));
      expect(meet(rename(1000 + item, item))).toBe(true);
    }
    expect(brake.isHeld).toBe(false);
  });

  it('count for what took the place of an old file, however new it is', () => {
    for (let item = 0; item < ITEMS; item++) {
      meet(create(1000 + item));
      meet(rename(1000 + item, item));
    }
    let lost = 0;
    while (lost < ITEMS && meet({ kind: 'unlink', node: 1100 + lost, parent: ROOT, name: nameOf(lost) })) lost++;
    expect(lost).toBe(100);
  });

  it('of a whole folder count with all that is in it', () => {
    const below = tree.add(rootNode(), fromText('folder'), 5000, 'folder');
    for (let item = 0; item < 300; item++) tree.add(below, nameOf(item), 6000 + item, 'file');
    expect(meet({ kind: 'unlink', node: 5000, parent: ROOT, name: fromText('folder') })).toBe(false);
  });
});

describe('how a protected folder stands', () => {
  it('holds where most is gone, whatever the stream said', () => {
    brake.meets(state());
    expect(brake.isHeld).toBe(false);
    brake.meets(state({ items: 99 }));
    expect(brake.isHeld).toBe(true);
  });

  it('holds nothing where the items are not all known', () => {
    brake.meets(state({ items: null }));
    expect(brake.isHeld).toBe(false);
  });

  it('holds on another file system until the former one is back with what it held', () => {
    brake.meets(state());
    const other = { fileSystem: '1021994:9', identity: '' };
    brake.meets(state({ ...other, items: ITEMS }));
    expect(brake.isHeld).toBe(true);
    expect(brake.takeTurn()).toBe(true);
    brake.meets(state({ ...other, items: ITEMS }));
    expect(brake.isHeld).toBe(true);
    brake.meets(state({ items: null }));
    expect(brake.isHeld).toBe(true);
    brake.meets(state());
    expect([brake.isHeld, brake.takeTurn()]).toEqual([false, true]);
    expect(told).toEqual(['APL-020 /srv begins', 'APL-020 /srv over']);
  });

  it('goes on when nearly all is back', () => {
    brake.meets(state({ items: 0 }));
    brake.meets(state({ items: 150 }));
    expect(brake.isHeld).toBe(true);
    brake.meets(state({ items: 190 }));
    expect(brake.isHeld).toBe(false);
  });

  it('that it is gone holds nothing, and is told until it is back', () => {
    brake.meets(state({ present: false, items: null }));
    expect([brake.isHeld, brake.undecided]).toEqual([false, 1]);
    brake.meets(state({ items: null }));
    expect(brake.undecided).toBe(0);
    expect(told).toEqual(['APL-021 /srv begins', 'APL-021 /srv over']);
  });
});

describe('a confirmation', () => {
  it('lets everything go, until it has gone', () => {
    brake.meets(state({ items: 0 }));
    brake.takeTurn();
    expect(brake.confirm('/elsewhere')).toBeNull();
    expect(brake.confirm('/srv')).toBe('lost');
    expect([brake.isHeld, brake.takeTurn()]).toEqual([false, true]);
    expect(brake.mayLose(new Map([[rootNode(), ITEMS]]))).toBe(true);
    brake.verified();
    expect(brake.mayLose(new Map([[rootNode(), ITEMS]]))).toBe(false);
  });

  it('outlives a restart, and so does the hold', () => {
    brake.meets(state());
    brake.meets(state({ items: 0 }));
    const saved = brake.list();
    told = [];
    const next = newBrake();
    next.restore(saved);
    expect(next.isHeld).toBe(true);
    next.confirm('/srv');
    const after = newBrake();
    after.restore(next.list());
    expect(after.isHeld).toBe(false);
    expect(after.mayLose(new Map([[rootNode(), ITEMS]]))).toBe(true);
  });

  it('of another file system makes it the one to expect', () => {
    brake.meets(state());
    brake.meets(state({ fileSystem: 'ef53:2', identity: '' }));
    brake.confirm('/srv');
    brake.meets(state({ fileSystem: 'ef53:2', identity: '' }));
    brake.verified();
    brake.meets(state({ fileSystem: 'ef53:2', identity: '' }));
    expect(brake.isHeld).toBe(false);
    expect(told.filter((line) => line.endsWith('begins'))).toHaveLength(1);
  });
});

describe('what a check found to be here only', () => {
  it('is held back where it is most', () => {
    expect(brake.mayLose(new Map([[rootNode(), 100]]))).toBe(true);
    expect(brake.mayLose(new Map([[rootNode(), 101]]))).toBe(false);
    expect(told).toEqual(['APL-020 /srv begins']);
  });
});
