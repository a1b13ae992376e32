const CAPACITY_MIN = 1024;
/** Of all places; beyond it the probes grow long. */
const LOAD_MAX = 0.7;

/**
 * Finds rows of a table by a hash of what they hold: an open hash table of row numbers alone, 4 bytes a
 * place, for what stands in the rows is compared there. Row 0 means none.
 */
export class SlotIndex {
  readonly #hashOf: (slot: number) => number;
  #slots = new Int32Array(CAPACITY_MIN);
  #count = 0;

  /** @param hashOf - 32 bits, the same as long as the row is in the index. */
  constructor(hashOf: (slot: number) => number) {
    this.#hashOf = hashOf;
  }

  /** The place where to begin to look for a hash; go on with {@link after} until {@link at} says 0. */
  start(hash: number): number {
    return hash & (this.#slots.length - 1);
  }

  after(place: number): number {
    return (place + 1) & (this.#slots.length - 1);
  }

  /** The row that may be the one; 0 where there is none any more. */
  at(place: number): number {
    return this.#slots[place] as number;
  }

  add(slot: number): void {
    if (this.#count >= this.#slots.length * LOAD_MAX) this.#grow();
    this.#count += 1;
    this.#put(slot);
  }

  /** @param slot - is in the index. */
  remove(slot: number): void {
    let hole = this.start(this.#hashOf(slot));
    while (this.#slots[hole] !== slot) hole = this.after(hole);
    this.#count -= 1;
    // What comes behind moves up, where it then still is at or after its own place: no marks are left behind.
    for (let place = this.after(hole); this.#slots[place] !== 0; place = this.after(place)) {
      const moved = this.#slots[place] as number;
      const own = this.start(this.#hashOf(moved));
      const mask = this.#slots.length - 1;
      if (((place - own) & mask) < ((place - hole) & mask)) continue;
      this.#slots[hole] = moved;
      hole = place;
    }
    this.#slots[hole] = 0;
  }

  clear(): void {
    this.#slots = new Int32Array(CAPACITY_MIN);
    this.#count = 0;
  }

  #put(slot: number): void {
    let place = this.start(this.#hashOf(slot));
    while (this.#slots[place] !== 0) place = this.after(place);
    this.#slots[place] = slot;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(before.length * 2);
    for (const slot of before) if (slot !== 0) this.#put(slot);
    // What is left to be collected counts as used for some seconds.
    before.buffer.transfer(0);
  }
}
