import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';

interface Due {
  at: number;
  readonly every: number | null;
  readonly action: () => void;
}

/** Clock and timers that stand still until a test moves them. */
export class HandTime implements Clock, Timers {
  #monotonic = 0;
  #wall: number;
  readonly #due = new Set<Due>();

  constructor(wall = Date.UTC(2026, 0, 1)) {
    this.#wall = wall;
  }

  monotonicMs(): MonotonicMs {
    return this.#monotonic as MonotonicMs;
  }

  wallMs(): WallMs {
    return this.#wall as WallMs;
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#due.size;
  }

  after(delayMs: number, action: () => void): Cancel {
    return this.#add({ at: this.#monotonic + delayMs, every: null, action });
  }

  every(periodMs: number, action: () => void): Cancel {
    return this.#add({ at: this.#monotonic + periodMs, every: periodMs, action });
  }

  /** Both clocks go on by this, and what falls due is done in its order. */
  advance(ms: number): void {
    const end = this.#monotonic + ms;
    for (;;) {
      const next = [...this.#due].filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#go(Math.max(next.at, this.#monotonic));
      if (next.every === null) this.#due.delete(next);
      else next.at += next.every;
      next.action();
    }
    this.#go(end);
  }

  /** Somebody sets the wall clock. */
  setWall(wall: number): void {
    this.#wall = wall;
  }

  #go(to: number): void {
    this.#wall += to - this.#monotonic;
    this.#monotonic = to;
  }

  #add(due: Due): Cancel {
    this.#due.add(due);
    return () => void this.#due.delete(due);
  }
}
