import type { DiskWait } from '../../diagnosis/bottleneck.ts';
import type { ThreadTimes } from '../../kernel/thread-times.ts';
import type { MonotonicMs } from '../../kernel/units.ts';

/** What was waited for is forgotten by seconds. */
const SLICE_MS = 1000;
const SLICES = 10;

interface Slice {
  readonly since: number;
  readonly waitedMs: Map<string, number>;
}

/**
 * For which disk the stream worker waits, and how much of its time: what its work takes, without what the processor
 * worked for it and without what it waited for a processor.
 */
export class DiskWaits {
  readonly #now: () => MonotonicMs;
  readonly #times: () => ThreadTimes;
  /** Oldest first. */
  #slices: Slice[] = [];

  constructor(options: { now: () => MonotonicMs; times: () => ThreadTimes }) {
    this.#now = options.now;
    this.#times = options.times;
  }

  /** Does something that reads from a disk or writes to it. @param path - what lies on that disk. */
  during<Result>(path: string, action: () => Result): Result {
    const [beganMs, before] = [this.#now(), this.#times()];
    try {
      return action();
    } finally {
      const [endMs, after] = [this.#now(), this.#times()];
      const workedMs = after.processorMs - before.processorMs + after.readyMs - before.readyMs;
      this.#add(path, endMs, Math.max(0, endMs - beganMs - workedMs));
    }
  }

  /** The disk that was waited for longest in the last seconds; null where none was. */
  longest(): DiskWait | null {
    const now = this.#now();
    this.#forget(now);
    const first = this.#slices[0];
    if (first === undefined) return null;
    const sums = new Map<string, number>();
    for (const { waitedMs } of this.#slices)
      for (const [path, ms] of waitedMs) sums.set(path, (sums.get(path) ?? 0) + ms);
    const [path, ms] = [...sums].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0]);
    // One wait may have begun before everything that is remembered.
    const percent = Math.min(100, Math.round((ms * 100) / Math.max(SLICE_MS, now - first.since)));
    return percent === 0 ? null : { path, percent };
  }

  #add(path: string, now: number, ms: number): void {
    if (ms === 0) return;
    this.#forget(now);
    let slice = this.#slices.at(-1);
    if (slice === undefined || now - slice.since >= SLICE_MS) {
      slice = { since: now, waitedMs: new Map() };
      this.#slices.push(slice);
    }
    slice.waitedMs.set(path, (slice.waitedMs.get(path) ?? 0) + ms);
  }

  #forget(now: number): void {
    this.#slices = this.#slices.filter(({ since }) => now - since < SLICE_MS * SLICES);
  }
}
