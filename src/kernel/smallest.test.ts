import { expect, it } from 'vitest';
import { seededRandom } from './random.ts';
import { Smallest } from './smallest.ts';

it('the first of many are the first after sorting', () => {
  const random = seededRandom(3);
  for (const length of [0, 1, 7, 100, 1000]) {
    const all = Array.from({ length }, () => Math.floor(random() * 1e9));
    for (const order of [all, all.toSorted((a, b) => a - b), all.toSorted((a, b) => b - a)]) {
      for (const count of [1, 3, 100]) {
        const first = new Smallest<number>(count, (a, b) => a < b);
        for (const one of order) first.add(one);
        expect(first.sorted()).toEqual(all.toSorted((a, b) => a - b).slice(0, count));
      }
    }
  }
});
