import { beforeEach, describe, expect, it } from 'vitest';
import type { BorderMove, NewItems } from '../../capture/border.ts';
import { patternsOf } from '../../changes/changing-set.ts';
import { NodeTree } from '../../changes/node-tree.ts';
import { fromText } from '../../kernel/byte-string.ts';
import type { CheckAsked } from './check-queue.ts';
import { NOTHING_EXCLUDED } from './excluded-folders.ts';
import { FilterChange } from './filter-change.ts';
import { Proof } from './proof.ts';

const PATTERNS = patternsOf({ include: ['/srv/**'], exclude: [] });
const AT = { epoch: 1, sequence: 7 };

describe('a change of what is protected', () => {
  let proof: Proof;
  let move: BorderMove;
  let newItems: NewItems;
  let asked: CheckAsked[];
  let everything: number;
  let change: FilterChange;
  /** Something may still be changed unrecorded. */
  let isAwaited: boolean;
  let late: (() => void) | null;
  const step = (): number => {
    if (isAwaited || late === null) return 5;
    late();
    late = null;
    return 0;
  };

  beforeEach(() => {
    const tree = new NodeTree();
    const folder = tree.add(tree.addRoot(fromText('/srv'), 1), fromText('new'), 2, 'folder');
    tree.add(folder, fromText('file'), 3, 'file');
    proof = new Proof();
    [move, newItems, asked, everything] = ['wider', { nodes: [2], isTooMuch: false }, [], 0];
    [isAwaited, late] = [false, null];
    change = new FilterChange({
      border: {
        move: () => move,
        get newItems() {
          return newItems;
        },
        forgetNew: () => {
          newItems = { nodes: [], isTooMuch: false };
        },
      },
      tree,
      checks: { ask: (check) => void asked.push(check) },
      proof,
      position: () => AT,
      checkAll: () => void everything++,
      outlets: { toMain: () => undefined },
      excluded: { ...NOTHING_EXCLUDED, change: (_, begun) => void (isAwaited ? (late = begun) : begun()), step },
      moved: () => {},
    });
  });

  it('counts new items until they are applied', () => {
    change.begin(PATTERNS);
    expect(proof.itemsNamed).toBe(1);
    change.step(false);
    expect(asked).toEqual([]);
    change.step(true);
    expect(asked[0]).toMatchObject({ nodes: [2], paths: [], repair: true });
    expect(proof.itemsNamed).toBe(2);
    asked[0]?.ended?.(true);
    proof.acknowledged({ epoch: 1, sequence: 6 });
    expect(proof.itemsNamed).toBe(2);
    proof.acknowledged(AT);
    expect(proof.itemsNamed).toBe(0);
    change.step(true);
    expect([asked.length, newItems.nodes]).toEqual([1, []]);
  });

  it('waits for what may be changed unrecorded, and states what is new once that was found', () => {
    isAwaited = true;
    change.begin(PATTERNS);
    expect([change.step(true), proof.itemsNamed]).toEqual([5, 0]);
    isAwaited = false;
    // Nothing was looked for yet when this was said.
    expect([change.step(true), asked.length]).toEqual([0, 0]);
    expect(proof.itemsNamed).toBe(1);
    change.step(true);
    expect(asked).toHaveLength(1);
  });

  it('that only leaves something out checks nothing', () => {
    move = 'narrower';
    change.begin(PATTERNS);
    change.step(true);
    expect([asked, proof.itemsNamed]).toEqual([[], 0]);
  });

  it('is stated again where the stream that stated it was given up', () => {
    change.begin(PATTERNS);
    change.step(true);
    asked[0]?.ended?.(true);
    proof.givenUp(true);
    change.streamBegan(false);
    proof.acknowledged({ epoch: 2, sequence: 1 });
    expect(proof.itemsNamed).toBeGreaterThan(0);
    change.step(true);
    expect(asked[1]).toMatchObject({ nodes: [2] });
  });

  it('is part of a check of everything', () => {
    change.begin(PATTERNS);
    change.streamBegan(true);
    change.step(true);
    expect([asked, proof.itemsNamed]).toEqual([[], 0]);
  });

  it('that brings too much to name it has everything checked', () => {
    newItems = { nodes: [2], isTooMuch: true };
    change.begin(PATTERNS);
    change.step(true);
    expect([asked, everything]).toEqual([[], 1]);
  });

  it('that follows another one before its end is stated with it', () => {
    change.begin(PATTERNS);
    change.step(true);
    newItems = { nodes: [2, 3], isTooMuch: false };
    change.begin(PATTERNS);
    asked[0]?.ended?.(true);
    proof.acknowledged(AT);
    expect(proof.itemsNamed).toBeGreaterThan(0);
    change.step(true);
    expect(asked[1]).toMatchObject({ nodes: [2, 3] });
  });
});
