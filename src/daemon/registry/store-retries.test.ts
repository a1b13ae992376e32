import { expect, it } from 'vitest';
import { StoreRetries } from './store-retries.ts';

it('a registry that refuses is tried ever later, whatever another one does, and at once when it is free', () => {
  const retries = new StoreRetries();
  const tries: number[] = [];
  for (let now = 0; now < 200_000; now += 250) {
    expect(retries.isDue('well', now)).toBe(true);
    retries.tried('well', now, false);
    if (!retries.isDue('refusing', now)) continue;
    tries.push(now / 1000);
    retries.tried('refusing', now, true);
  }
  expect(tries).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
  retries.soon('refusing');
  expect(retries.isDue('refusing', 200_000)).toBe(true);
  retries.tried('refusing', 200_000, true);
  expect(retries.isDue('refusing', 201_000)).toBe(true);
});
