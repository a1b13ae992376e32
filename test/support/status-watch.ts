import { setTimeout as pause } from 'node:timers/promises';
import type { Pair } from './pair.ts';

const EVERY_MS = 250;

/** Asks both servers for their status all the time, and remembers how long the longest answer took. */
export class StatusWatch implements AsyncDisposable {
  #longestMs = 0;
  #isOver = false;
  readonly #done: Promise<unknown>;

  constructor(pair: Pair) {
    this.#done = Promise.all(pair.servers.map((server) => this.#watch(() => server.status())));
  }

  /** Since it was last asked. */
  takeLongestMs(): number {
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return longestMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  async #watch(ask: () => Promise<unknown>): Promise<void> {
    while (!this.#isOver) {
      const begin = performance.now();
      try {
        await ask();
        this.#longestMs = Math.max(this.#longestMs, performance.now() - begin);
      } catch {
        // It is starting or stopping.
      }
      await pause(EVERY_MS);
    }
  }
}
