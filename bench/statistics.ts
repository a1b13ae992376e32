/** How sure an interval must be to hold the true median. */
export const CONFIDENCE = 0.9;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export type Verdict = 'met' | 'missed' | 'inconclusive';

/** @returns NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/**
 * The smallest value that at least this part of all values does not exceed (nearest rank).
 * @param part - above 0, up to 1.
 */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

/** Each of ours divided by the rival's of the same round, for as many rounds as the rival has. */
export function pairedRatios(ours: readonly number[], rivals: readonly number[]): number[] {
  return rivals.map((rival, round) => (ours[round] ?? Number.NaN) / rival);
}

/**
 * The narrowest pair of order statistics that holds the true median with at least {@link CONFIDENCE},
 * whatever the distribution: each value lies below the median with probability one half, so how many
 * do is binomial. Nine rounds give the second smallest and the second largest (96 %).
 * @returns null where even the smallest and the largest are not sure enough: below five values.
 */
export function medianInterval(values: readonly number[]): Interval | null {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  let cut = -1;
  let outside = 0;
  let chance = 0.5 ** count;
  for (let below = 0; below < count / 2; below += 1) {
    outside += 2 * chance;
    if (outside > 1 - CONFIDENCE) break;
    cut = below;
    chance *= (count - below) / (below + 1);
  }
  const [low, high] = [sorted[cut], sorted[count - 1 - cut]];
  return cut < 0 || low === undefined || high === undefined ? null : { low, high };
}

/** Judges a figure of which less is better. Met and missed are said only of a whole interval. */
export function judge(interval: Interval | null, goalMax: number): Verdict {
  if (interval === null) return 'inconclusive';
  if (interval.high <= goalMax) return 'met';
  return interval.low > goalMax ? 'missed' : 'inconclusive';
}
