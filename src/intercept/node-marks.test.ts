import { describe, expect, it } from 'vitest';
import { NODE_MARKS_BYTES, NodeMarks } from './node-marks.ts';

const BIG = 2 ** 32 - 1;
/** Numbers that are equal modulo it have one place. */
const PLACES = 65_536;

describe('marks of nodes', () => {
  const marks = (): NodeMarks => new NodeMarks(new SharedArrayBuffer(NODE_MARKS_BYTES));

  it('belong to a node by both of its words', () => {
    const all = marks();
    all.set(BIG, BIG, 1);
    all.set(7, 1, 2);
    expect([all.get(BIG, BIG), all.get(7, 1), all.get(7, 2), all.get(8, 1)]).toEqual([1, 2, 0, 0]);
  });

  it('go where they are taken away, one or all', () => {
    const all = marks();
    for (const low of [1, 2, 3]) all.set(low, 9, 1);
    all.set(2, 9, 0);
    // Of one that has gone: its number is another node's by now.
    all.set(3, 8, 0);
    expect([1, 2, 3].map((low) => all.get(low, 9))).toEqual([1, 0, 1]);
    all.clear();
    expect([1, 2, 3].map((low) => all.get(low, 9))).toEqual([0, 0, 0]);
  });

  it('are lost to that of another node with the same place, and never taken for it', () => {
    const all = marks();
    all.set(7, 1, 2);
    all.set(7 + PLACES, 1, 3);
    expect([all.get(7, 1), all.get(7 + PLACES, 1)]).toEqual([0, 3]);
  });
});
