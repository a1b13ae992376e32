import { describe, expect, it } from 'vitest';
import { GENERATIONS_MAX } from './exclusion-words.ts';
import { NODE_MARKS_BYTES, NodeMarks } from './node-marks.ts';

const BIG = 2 ** 32 - 1;
/** Numbers that are equal modulo it have one place. */
const PLACES = 65_536;

describe('marks of nodes', () => {
  const memory = (): SharedArrayBuffer => new SharedArrayBuffer(NODE_MARKS_BYTES);
  const marks = (): NodeMarks => new NodeMarks(memory(), 1);

  it('belong to a node by both of its words', () => {
    const all = marks();
    all.set(BIG, BIG, 1, false);
    all.set(7, 1, 2, true);
    expect([all.get(BIG, BIG), all.get(7, 1), all.get(7, 2), all.get(8, 1)]).toEqual([1, 2, 0, 0]);
    expect([all.hasFolder(BIG, BIG), all.hasFolder(7, 1), all.hasFolder(7, 2)]).toEqual([false, true, false]);
  });

  it('go where they are taken away, one or all', () => {
    const all = marks();
    for (const low of [1, 2, 3]) all.set(low, 9, 1, low === 2);
    all.remove(2, 9);
    // Of one that has gone: its number is another node's by now.
    all.remove(3, 8);
    expect([1, 2, 3].map((low) => all.get(low, 9))).toEqual([1, 0, 1]);
    all.clear();
    expect([1, 2, 3].map((low) => all.get(low, 9))).toEqual([0, 0, 0]);
  });

  it('of files are lost to that of another node with the same place, and never taken for it', () => {
    const all = marks();
    all.set(7, 1, 2, false);
    all.set(7 + PLACES, 1, 3, true);
    expect([all.get(7, 1), all.get(7 + PLACES, 1)]).toEqual([0, 3]);
  });

  it('of folders stay, and what has the same place gets none: else what is marked in them would be so without them', () => {
    const all = marks();
    all.set(7, 1, 2, true);
    for (const isFolder of [true, false]) all.set(7 + PLACES, 1, 3, isFolder);
    expect([all.get(7, 1), all.get(7 + PLACES, 1)]).toEqual([2, 0]);
    all.set(7, 1, 4, true);
    expect(all.get(7, 1)).toBe(4);
    all.remove(7, 1);
    all.set(7 + PLACES, 1, 3, true);
    expect([all.get(7, 1), all.get(7 + PLACES, 1)]).toEqual([0, 3]);
  });

  it('of another generation count as none, and make room', () => {
    const words = memory();
    const [before, now] = [new NodeMarks(words, 1), new NodeMarks(words, GENERATIONS_MAX)];
    before.set(7, 1, 2, true);
    expect([now.get(7, 1), now.hasFolder(7, 1)]).toEqual([0, false]);
    now.set(7 + PLACES, 1, 3, true);
    expect([before.get(7, 1), now.get(7 + PLACES, 1), before.get(7 + PLACES, 1)]).toEqual([0, 3, 0]);
    // One that is still at it.
    before.set(7 + PLACES, 1, 2, true);
    expect(now.get(7 + PLACES, 1)).toBe(0);
  });

  it('are none for whoever takes over', () => {
    const all = marks();
    all.set(7, 1, 2, true);
    all.begin();
    expect(all.get(7, 1)).toBe(0);
  });
});
