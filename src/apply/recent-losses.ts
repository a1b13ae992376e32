import type { MonotonicMs } from '../kernel/units.ts';

const SLOT_MS = 1000;
const SLOTS = 60;

/** Items that a folder lost and gained within the last minute, second by second. Pure: time is given. */
export class RecentLosses {
  readonly #lost = new Uint32Array(SLOTS);
  readonly #gained = new Uint32Array(SLOTS);
  #slot = 0;

  note(now: MonotonicMs, { lost, gained }: { lost: number; gained: number }): void {
    const at = this.#turnTo(now);
    this.#lost[at] = (this.#lost[at] as number) + lost;
    this.#gained[at] = (this.#gained[at] as number) + gained;
  }

  /** How many it lost, whatever came meanwhile. */
  lost(now: MonotonicMs): number {
    this.#turnTo(now);
    let sum = 0;
    for (const count of this.#lost) sum += count;
    return sum;
  }

  /** How many more it held at its fullest moment of the last minute than it holds now. */
  belowPeak(now: MonotonicMs): number {
    const newest = this.#turnTo(now);
    let since = 0;
    let most = 0;
    for (let back = 0; back < SLOTS; back++) {
      const at = (newest - back + SLOTS) % SLOTS;
      const lost = this.#lost[at] as number;
      // What came and went within one second may have come first.
      most = Math.max(most, since + lost);
      since += lost - (this.#gained[at] as number);
    }
    return most;
  }

  /** @returns the slot of this second; those that were passed over are empty. */
  #turnTo(now: MonotonicMs): number {
    const slot = Math.floor(now / SLOT_MS);
    const passed = Math.min(SLOTS, Math.max(0, slot - this.#slot));
    for (let step = 1; step <= passed; step++) {
      const at = (slot - passed + step) % SLOTS;
      this.#lost[at] = 0;
      this.#gained[at] = 0;
    }
    this.#slot = Math.max(this.#slot, slot);
    return this.#slot % SLOTS;
  }
}
