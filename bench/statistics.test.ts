import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONFIDENCE, judge, median, medianInterval, pairedRatios, percentile } from './statistics.ts';

const VALUES = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 5, maxLength: 60 });

/** The part of all equally likely patterns of "below or above the median" that leave it between two ranks. */
function coverage(count: number, cut: number): number {
  let inside = 0;
  for (let pattern = 0; pattern < 2 ** count; pattern += 1) {
    const below = pattern.toString(2).replaceAll('0', '').length;
    if (below > cut && below < count - cut) inside += 1;
  }
  return inside / 2 ** count;
}

describe('the interval of the median', () => {
  it('is as narrow as its confidence allows', () => {
    for (let count = 5; count <= 14; count += 1) {
      const ranks = Array.from({ length: count }, (_, rank) => rank);
      const interval = medianInterval(ranks);
      const cut = interval?.low ?? -1;
      expect(interval).toEqual({ low: cut, high: count - 1 - cut });
      expect(coverage(count, cut)).toBeGreaterThanOrEqual(CONFIDENCE);
      if (cut + 1 < count / 2) expect(coverage(count, cut + 1)).toBeLessThan(CONFIDENCE);
    }
  });

  it('is the second smallest and second largest of nine', () => {
    expect(medianInterval([9, 1, 8, 2, 7, 3, 6, 4, 5])).toEqual({ low: 2, high: 8 });
  });

  it('is not given for fewer than five values', () => {
    expect(medianInterval([1, 2, 3, 4])).toBeNull();
    expect(medianInterval([])).toBeNull();
  });

  it('holds the median of the values', () => {
    fc.assert(
      fc.property(VALUES, (values) => {
        const interval = medianInterval(values);
        expect(interval?.low).toBeLessThanOrEqual(median(values));
        expect(interval?.high).toBeGreaterThanOrEqual(median(values));
      }),
    );
  });
});

describe('a verdict', () => {
  it('is met or missed only where the whole interval lies on one side of the goal', () => {
    expect(judge({ low: 0.4, high: 1 }, 1)).toBe('met');
    expect(judge({ low: 1.1, high: 2 }, 1)).toBe('missed');
    expect(judge({ low: 0.9, high: 1.1 }, 1)).toBe('inconclusive');
    expect(judge(null, 1)).toBe('inconclusive');
  });
});

it('takes the middle, the rank and the ratio of each round', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile([7], 0.5)).toBe(7);
  expect(pairedRatios([1, 9], [2, 3])).toEqual([0.5, 3]);
  expect(pairedRatios([1, 9], [2])).toEqual([0.5]);
});
