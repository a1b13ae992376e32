/** What a registry refused is tried again after this long, then ever later, up to the longest. */
const AGAIN_MS = { first: 1000, longest: 60_000 } as const;

/** When what registries refused is tried again: each by itself. Pure. */
export class StoreRetries {
  readonly #next = new Map<string, { readonly at: number; readonly afterMs: number }>();

  /** True of one that has refused nothing so far, too. */
  isDue(store: string, now: number): boolean {
    return now >= (this.#next.get(store)?.at ?? 0);
  }

  /** It was, just now. @param isRefused - by what came of it. */
  tried(store: string, now: number, isRefused: boolean): void {
    if (!isRefused) return void this.#next.delete(store);
    const afterMs = this.#next.get(store)?.afterMs ?? AGAIN_MS.first;
    this.#next.set(store, { at: now + afterMs, afterMs: Math.min(AGAIN_MS.longest, afterMs * 2) });
  }

  /** What was in the way has gone. */
  soon(store: string): void {
    this.#next.delete(store);
  }
}
