import type { MonotonicMs } from '../kernel/units.ts';

/** How far a check has come. */
export interface CheckProgress {
  readonly itemsDone: number;
  readonly itemsTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export interface Estimate {
  /** Since the start; null while too little is known. */
  readonly bytesPerSecond: number | null;
  /** Null while too little is known. */
  readonly remainingMs: number | null;
}

/** What looking at one item costs, as a number of bytes read: opening a file takes as long as reading some KiB. */
const ITEM_BYTES = 64 * 1024;
/** Nothing is foretold from less than this. */
const OBSERVED_MS_MIN = 500;
const DONE_SHARE_MIN = 0.005;
/** An estimate may rise by this share of itself at once; more only bit by bit, so that it does not jump. */
const RISE_SHARE_MAX = 0.1;

/**
 * Foretells how long a check will still take, from the rate since its start of items and bytes taken
 * together. Falls with time; where it has to rise, it does so slowly. Not safe to share between threads.
 */
export class ProgressEstimator {
  readonly #startedAt: MonotonicMs;
  #last: { readonly at: MonotonicMs; readonly remainingMs: number } | null = null;

  constructor(startedAt: MonotonicMs) {
    this.#startedAt = startedAt;
  }

  estimate(progress: CheckProgress, now: MonotonicMs): Estimate {
    const elapsedMs = now - this.#startedAt;
    const done = progress.itemsDone * ITEM_BYTES + progress.bytesDone;
    const total = Math.max(done, progress.itemsTotal * ITEM_BYTES + progress.bytesTotal);
    if (elapsedMs < OBSERVED_MS_MIN || done < total * DONE_SHARE_MIN || done === 0) {
      return { bytesPerSecond: null, remainingMs: null };
    }
    const bytesPerSecond = Math.round((progress.bytesDone * 1000) / elapsedMs);
    const remainingMs = this.#smooth(((total - done) * elapsedMs) / done, now);
    return { bytesPerSecond, remainingMs: Math.round(remainingMs) };
  }

  #smooth(measuredMs: number, now: MonotonicMs): number {
    const before = this.#last;
    let remainingMs = measuredMs;
    if (before !== null) {
      const expectedMs = Math.max(0, before.remainingMs - (now - before.at));
      const ceilingMs = before.remainingMs + Math.max(1000, before.remainingMs * RISE_SHARE_MAX);
      // Half of what the new measurement says keeps single slow files from showing.
      remainingMs = Math.min(ceilingMs, (measuredMs + expectedMs) / 2);
      if (measuredMs === 0) remainingMs = 0;
    }
    this.#last = { at: now, remainingMs };
    return remainingMs;
  }
}
