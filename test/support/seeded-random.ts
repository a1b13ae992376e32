import { type Random, seededRandom } from '../../src/kernel/random.ts';

/** Choices that look random and are the same for the same seed. */
export class SeededRandom {
  readonly #next: Random;

  constructor(seed: number) {
    this.#next = seededRandom(seed);
  }

  /** From 0 up to and without 1. */
  fraction(): number {
    return this.#next();
  }

  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.#next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  /** @returns undefined where there is nothing to pick from. */
  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.#next() * items.length)];
  }
}
