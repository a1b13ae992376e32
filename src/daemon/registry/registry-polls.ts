import type { MonotonicMs } from '../../kernel/units.ts';

const WAIT_MS_MAX = 60_000;

/** Which registries are to be looked at, each at its own interval. Pure. */
export class RegistryPolls {
  readonly #everyMs: ReadonlyMap<string, number>;
  readonly #dueAt = new Map<string, number>();

  /** @param everyMs - by names. */
  constructor(everyMs: ReadonlyMap<string, number>) {
    this.#everyMs = everyMs;
  }

  /** Those whose time it is; the next time of each is an interval later. */
  take(now: MonotonicMs): Set<string> {
    const due = new Set<string>();
    for (const [name, everyMs] of this.#everyMs) {
      if ((this.#dueAt.get(name) ?? 0) > now) continue;
      due.add(name);
      this.#dueAt.set(name, now + everyMs);
    }
    return due;
  }

  /** Milliseconds until the next one. Where there is none, any time will do. */
  waitMs(now: MonotonicMs): number {
    return Math.max(
      1,
      Math.min(WAIT_MS_MAX, ...[...this.#everyMs.keys()].map((name) => (this.#dueAt.get(name) ?? 0) - now)),
    );
  }
}
