import { expect, it } from 'vitest';
import { fromText } from '../kernel/byte-string.ts';
import { GuardedWords, KnownNodes, makeWayMemory, MountWay, OPENED, OpenedFiles, WAY } from './mount-way.ts';

it('has a way, which all who have the memory see', () => {
  const memory = makeWayMemory(WAY.refuse);
  expect(new MountWay(memory).get()).toBe(WAY.refuse);
  new MountWay(memory).set(WAY.record);
  expect(new MountWay(memory).get()).toBe(WAY.record);
});

it('says what is protected, also when that changes, and takes only what it has room for', () => {
  const memory = makeWayMemory(WAY.refuse);
  const [guarded, other] = [new GuardedWords(memory), new GuardedWords(memory)];
  const before = other.version;
  const first = { folder: fromText('/srv'), include: [fromText('/srv/**')], exclude: [fromText('/srv/ü')] };
  expect(guarded.set(first)).toBe(true);
  expect(other.get()).toEqual(first);
  expect(other.version).not.toBe(before);
  const second = { ...first, exclude: [] };
  guarded.set(second);
  expect(other.get()).toEqual(second);
  expect(guarded.set({ ...first, exclude: Array.from({ length: 100_000 }, () => fromText('/srv/a')) })).toBe(false);
  expect(other.get()).toEqual(second);
});

it('knows the nodes that the kernel may remember, and perhaps others', () => {
  const memory = makeWayMemory(WAY.refuse);
  const [known, other] = [new KnownNodes(memory), new KnownNodes(memory)];
  expect(other.isEmpty).toBe(true);
  const numbers = [1, 31, 32, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
  for (const low of numbers) known.add(low);
  expect(numbers.map((low) => other.has(low))).toEqual(numbers.map(() => true));
  expect(other.isEmpty).toBe(false);
  expect([2, 30, 33, 0x8000_0003].map((low) => other.has(low))).toEqual([false, false, false, false]);
  known.addAll();
  expect([2, 30, 33, 0x8000_0003].every((low) => other.has(low))).toBe(true);
});

it('says who has which file open until it is closed', () => {
  const memory = makeWayMemory(WAY.refuse);
  const [opened, other] = [new OpenedFiles(memory), new OpenedFiles(memory)];
  expect(other.of()).toEqual([]);
  const [one, two] = [
    { low: 0xffff_fff0, high: 0x8000_0001 },
    { low: 12, high: 3 },
  ];
  opened.open(20, one, 700, 0);
  opened.open(21, two, 701, OPENED.forWriting);
  opened.open(25, one, 702, OPENED.asProgram);
  const read = { ...one, threadId: 700, forWriting: false, asProgram: false };
  const executed = { ...one, threadId: 702, forWriting: false, asProgram: true };
  const written = { ...two, threadId: 701, forWriting: true, asProgram: false };
  expect(other.of(one.low)).toEqual([read, executed]);
  expect(other.of()).toEqual([read, written, executed]);
  // The kernel's numbers of inodes are no negative ones.
  expect(other.of(13)).toEqual([]);
  opened.close(20);
  expect(other.of(one.low)).toEqual([executed]);
  opened.open(20, two, 703, 0);
  expect(other.of(two.low)).toHaveLength(2);
});

it('has no place for a descriptor beyond its bound, and no other one takes harm', () => {
  const opened = new OpenedFiles(makeWayMemory(WAY.refuse));
  opened.open(65_536, { low: 1, high: 1 }, 1, 0);
  opened.close(65_536);
  opened.open(65_535, { low: 2, high: 1 }, 1, 0);
  expect(opened.of()).toHaveLength(1);
});
