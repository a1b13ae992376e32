import { beforeEach, describe, expect, it } from 'vitest';
import { Status } from '../fuse/status.ts';
import { FILE_HANDLE, STATX } from '../fuse/structures.ts';
import type { NodeCalls } from '../kernel/node-calls.ts';
import { type Bordered, enter, leave, lockFor, type Move, unlock } from './border.ts';
import { MODE } from './codes.ts';
import { ExcludedNames, MARK } from './excluded-names.ts';
import { Exclusion } from './exclusion.ts';
import { planMemory, THREAD_BYTES } from './memory-plan.ts';
import { NODE_LOCKS_BYTES, NodeLocks } from './node-locks.ts';
import { NODE_MARKS_BYTES, NodeMarks } from './node-marks.ts';
import { ServedNodes } from './served-nodes.ts';

const ROOT = { low: 1, high: 0 };
const CACHE = { low: 10, high: 1 };
const FOLDER = { low: 11, high: 1 };
const FILE = { low: 12, high: 1 };
const OTHER = { low: 13, high: 1 };
const PLAIN_FILE = 0o100000;

/** What the name that is looked up stands for underneath. */
let named: { low: number; high: number; mode: number; linkCount: number };
let exclusion: Exclusion;
let locks: NodeLocks;
let served: Bordered;
/** Locks that are held, as they were taken. */
let held: string[];

beforeEach(() => {
  const memory = { bytes: new Uint8Array(THREAD_BYTES), address: 0 };
  const view = new DataView(memory.bytes.buffer);
  const plan = planMemory(memory);
  const calls: Partial<NodeCalls> = {
    handleAt(_folder, _name, handle) {
      view.setUint32(handle + FILE_HANDLE.low, named.low, true);
      view.setUint32(handle + FILE_HANDLE.high, named.high, true);
      return 0;
    },
    statx(_folder, _name, _flags, _mask, into) {
      view.setUint16(into + STATX.mode, named.mode, true);
      view.setUint32(into + STATX.linkCount, named.linkCount, true);
      return 0;
    },
  };
  held = [];
  locks = new NodeLocks(new SharedArrayBuffer(NODE_LOCKS_BYTES));
  const taken = new Proxy(locks, {
    get: (target, name) => (name === 'takeAll' ? () => void held.push('all') : Reflect.get(target, name).bind(target)),
  });
  exclusion = new Exclusion(
    new ExcludedNames(['cache', 'log']),
    new NodeMarks(new SharedArrayBuffer(NODE_MARKS_BYTES), 1),
  );
  exclusion.isHiding = true;
  served = {
    exclusion,
    request: {} as Bordered['request'],
    nodes: new ServedNodes(calls as NodeCalls, plan, 3),
    locks: taken,
    node: new Status(memory.bytes, 0, plan.node),
    calls: calls as NodeCalls,
    textAt: () => 'cache',
  };
});

type Node = typeof ROOT;

/** Looks up the name `cache` in a folder, which stands for the node. */
function looked(folder: Node, node: Node, how: { readonly isFolder: boolean; readonly linkCount?: number }): number {
  named = { ...node, mode: how.isFolder ? MODE.folder : PLAIN_FILE, linkCount: how.linkCount ?? 1 };
  served.nodes.identify(3, 0);
  served.calls.statx(3, 0, 0, 0, served.node.address);
  enter(served, 3, 0, folder.low, folder.high);
  return exclusion.marks.get(node.low, node.high);
}

function move(from: Node, to: Node, moved: Node, exchanged: Node | null = null): Move {
  return { ...from, newLow: to.low, newHigh: to.high, moved, exchanged };
}

/** Carries a rename out. @returns how it concerned what is excluded. */
function renamed(by: Move): string {
  const kind = lockFor(served, exclusion, by);
  leave(exclusion, kind, by);
  if (kind !== 'folders') unlock(served, kind, by);
  return kind;
}

describe('what has a name is marked', () => {
  it('by its folder’s mark, as long as it has no further name', () => {
    expect(looked(ROOT, CACHE, { isFolder: true })).toBe(MARK.top);
    expect(looked(CACHE, FOLDER, { isFolder: true })).toBe(MARK.excluded);
    expect(looked(FOLDER, FILE, { isFolder: false })).toBe(MARK.excluded);
    expect(looked(FOLDER, FILE, { isFolder: false, linkCount: 2 })).toBe(MARK.none);
    expect(looked(OTHER, FILE, { isFolder: false })).toBe(MARK.none);
  });

  it('where it is a file whose own name is excluded', () => {
    expect(looked(ROOT, FILE, { isFolder: false })).toBe(MARK.excluded);
    expect(exclusion.hides(FILE.low, FILE.high)).toBe(true);
  });

  it('while anything is hidden', () => {
    exclusion.isHiding = false;
    expect(looked(ROOT, CACHE, { isFolder: true })).toBe(MARK.none);
  });

  it('not where it is somewhere else once its lock is taken', () => {
    looked(ROOT, CACHE, { isFolder: true });
    named = { ...FILE, mode: PLAIN_FILE, linkCount: 1 };
    served.nodes.identify(3, 0);
    served.calls.statx(3, 0, 0, 0, served.node.address);
    named = { ...OTHER, mode: PLAIN_FILE, linkCount: 1 };
    enter(served, 3, 0, CACHE.low, CACHE.high);
    expect([FILE, OTHER].map(({ low, high }) => exclusion.marks.get(low, high))).toEqual([MARK.none, MARK.none]);
  });
});

describe('a rename', () => {
  beforeEach(() => {
    looked(ROOT, CACHE, { isFolder: true });
    looked(CACHE, FOLDER, { isFolder: true });
    looked(CACHE, FILE, { isFolder: false });
  });
  const marksOf = (...nodes: readonly Node[]): number[] => nodes.map(({ low, high }) => exclusion.marks.get(low, high));

  it('of excluded to excluded leaves the marks', () => {
    expect(renamed(move(CACHE, FOLDER, FILE))).toBe('inside');
    expect(marksOf(CACHE, FOLDER, FILE)).toEqual([MARK.top, MARK.excluded, MARK.excluded]);
  });

  it('of a file takes its mark, also where its folder has none', () => {
    expect(renamed(move(CACHE, ROOT, FILE))).toBe('nodes');
    looked(CACHE, FILE, { isFolder: false });
    expect(renamed(move(OTHER, ROOT, FILE))).toBe('nodes');
    expect(marksOf(CACHE, FOLDER, FILE)).toEqual([MARK.top, MARK.excluded, MARK.none]);
  });

  it('of what an exchange brings out takes its mark', () => {
    expect(renamed(move(ROOT, CACHE, OTHER, FILE))).toBe('nodes');
    expect(marksOf(FILE, FOLDER)).toEqual([MARK.none, MARK.excluded]);
  });

  it.each([
    ['one that is excluded', move(CACHE, ROOT, FOLDER)],
    ['one that is excluded itself', move(ROOT, ROOT, CACHE)],
    ['one that an exchange brings out', move(ROOT, CACHE, OTHER, FOLDER)],
  ])('of %s, a folder, takes all marks, with all locks', (_, by) => {
    expect(renamed(by)).toBe('folders');
    expect(held).toEqual(['all']);
    expect(marksOf(CACHE, FOLDER, FILE)).toEqual([MARK.none, MARK.none, MARK.none]);
  });

  it('keeps what it moves from being marked meanwhile', () => {
    const by = move(OTHER, ROOT, { low: 20, high: 1 });
    const kind = lockFor(served, exclusion, by);
    // Whoever waits for the lock in vain is told by that.
    locks.end();
    expect(() => looked(CACHE, { low: 20, high: 1 }, { isFolder: false })).toThrow('locks of a mount');
    expect(kind).toBe('nodes');
  });
});
