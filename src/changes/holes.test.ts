import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HOLES_MAX, type Hole, holesOf, packHoles, unpackHoles } from './holes.ts';

const holes = fc
  .uniqueArray(fc.nat(2 ** 35), { maxLength: 20 })
  .map((starts) => starts.sort((a, b) => a - b).map((from): Hole => ({ from: from * 5, count: 4 })));

it('holes come out as they were packed', () => {
  fc.assert(
    fc.property(holes, (made) => {
      expect(unpackHoles(packHoles(made))).toEqual(made);
    }),
  );
});

it('what is out of order, overlaps or is empty is refused', () => {
  const bad: Hole[][] = [
    [{ from: 3, count: 0 }],
    [
      { from: 9, count: 1 },
      { from: 3, count: 1 },
    ],
    [
      { from: 3, count: 4 },
      { from: 5, count: 1 },
    ],
  ];
  for (const made of bad) expect(unpackHoles(packHoles(made))).toBeNull();
});

it('counts whole blocks, and the last one of a file whatever its length', () => {
  expect(holesOf([0, 4096, 5000, 20_000], 30_000)).toEqual([
    { from: 0, count: 1 },
    { from: 2, count: 2 },
  ]);
  expect(holesOf([4096, 5000], 5000)).toEqual([{ from: 1, count: 1 }]);
  expect(holesOf([1, 4095], 9000)).toEqual([]);
});

it('of more holes than are carried the largest stay, in order', () => {
  const edges = Array.from({ length: HOLES_MAX + 10 }, (_, index) => {
    const begin = index * 100 * 4096;
    return [begin, begin + (index < 10 ? 1 : 2) * 4096];
  }).flat();
  const found = holesOf(edges, Number.MAX_SAFE_INTEGER);
  expect(found).toHaveLength(HOLES_MAX);
  expect(found.every(({ count }) => count === 2)).toBe(true);
  expect(found.every(({ from }, index) => index === 0 || from > (found[index - 1] as Hole).from)).toBe(true);
});
