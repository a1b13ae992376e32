import type { Problem } from '../../problems/problem.ts';

/** What calls of stores wait for while they last: it is told before they end. */
export class StoreObstacles {
  readonly #met = new Map<string, Problem>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  of(store: string): Problem | null {
    return this.#met.get(store) ?? null;
  }

  /** What to tell of a store. */
  watch(store: string): (obstacle: Problem | null) => void {
    return (obstacle) => {
      if (obstacle === null) this.#met.delete(store);
      else this.#met.set(store, obstacle);
      this.#changed();
    };
  }
}
