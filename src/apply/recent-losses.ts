import type { MonotonicMs } from '../kernel/units.ts';

const SLOT_MS = 1000;
const SLOTS = 60;

/** Items that a folder lost within the last minute, second by second. Pure: time is given. */
export class RecentLosses {
  readonly #lost = new Uint32Array(SLOTS);
  #slot = 0;

  note(now: MonotonicMs, lost: number): void {
    const at = this.#turnTo(now);
    this.#lost[at] = (this.#lost[at] as number) + lost;
  }

  lost(now: MonotonicMs): number {
    this.#turnTo(now);
    let sum = 0;
    for (const count of this.#lost) sum += count;
    return sum;
  }

  /** @returns the slot of this second; those that were passed over are empty. */
  #turnTo(now: MonotonicMs): number {
    const slot = Math.floor(now / SLOT_MS);
    const passed = Math.min(SLOTS, Math.max(0, slot - this.#slot));
    for (let step = 1; step <= passed; step++) this.#lost[(slot - passed + step) % SLOTS] = 0;
    this.#slot = Math.max(this.#slot, slot);
    return this.#slot % SLOTS;
  }
}
