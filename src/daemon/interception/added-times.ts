/** The newest of them say how it is now. */
const KEPT_MAX = 1000;

/** How long the passive server made flushes wait beyond what they take here. */
export interface AddedTime {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export class AddedTimes {
  readonly #kept = new Float64Array(KEPT_MAX);
  #count = 0;
  #summary: AddedTime | null = null;
  #summarized = 0;

  add(addedMs: number): void {
    this.#kept[this.#count % KEPT_MAX] = addedMs;
    this.#count += 1;
  }

  /** Of the last thousand; null where there was none. */
  summary(): AddedTime | null {
    if (this.#summarized === this.#count) return this.#summary;
    const sorted = this.#kept.slice(0, Math.min(this.#count, KEPT_MAX)).sort();
    const at = (part: number): number => rounded(sorted[Math.ceil(part * sorted.length) - 1] ?? 0);
    this.#summary = { p50Ms: at(0.5), p99Ms: at(0.99) };
    this.#summarized = this.#count;
    return this.#summary;
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
