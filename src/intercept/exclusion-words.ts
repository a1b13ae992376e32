/** Of a list as text. */
const TEXT_BYTES_MAX = 64 * 1024;
const WORD = { current: 0, hiding: 1, lengths: 2, mayHide: 4 } as const;
const HEAD_BYTES = 32;
/** At the end of the memory of a mount's way. */
export const EXCLUSION_BYTES = HEAD_BYTES + 2 * TEXT_BYTES_MAX;
/** Marks have no room for more (node-marks.ts); from then on everything is recorded. */
export const GENERATIONS_MAX = 32_767;
/** Marks have no room for more places on the way. */
const PLACES_MAX = 16_384;

/**
 * What of a mounted folder is excluded, for all threads that serve it. Each list has a generation, and marks belong to one.
 * Threads mind the border of a list from when they read it; they hide by it, and mark nodes, only while that is said
 * besides: by then all of them mind the same border, for one that does not would bring nodes out with their marks.
 *
 * One writer. Two lists have room, so that a reader of the former one is not waited for.
 */
export class ExclusionWords {
  readonly #words: Int32Array;
  readonly #texts: readonly Uint8Array[];

  /** @param memory - from makeWayMemory. */
  constructor(memory: SharedArrayBuffer) {
    const at = memory.byteLength - EXCLUSION_BYTES;
    this.#words = new Int32Array(memory, at, HEAD_BYTES / 4);
    this.#texts = [0, 1].map((slot) => new Uint8Array(memory, at + HEAD_BYTES + slot * TEXT_BYTES_MAX, TEXT_BYTES_MAX));
  }

  /** Of the list in force; 0 before there is one. */
  get generation(): number {
    return Atomics.load(this.#words, WORD.current);
  }

  /** May what the list of this generation has be hidden? */
  isHiding(generation: number): boolean {
    return Atomics.load(this.#words, WORD.hiding) === generation && generation > 0;
  }

  /** The list in force, with its generation. */
  get(): { readonly generation: number; readonly paths: readonly string[] } {
    for (;;) {
      const { generation } = this;
      const slot = generation & 1;
      const bytes = this.#texts[slot]?.slice(0, Atomics.load(this.#words, WORD.lengths + slot)) ?? new Uint8Array(0);
      // It may have been written over meanwhile.
      if (generation !== this.generation) continue;
      if (bytes.length === 0) return { generation, paths: [] };
      return { generation, paths: JSON.parse(Buffer.from(bytes).toString()) as readonly string[] };
    }
  }

  /**
   * Another list is in force. Nothing is hidden by it yet, and nothing any more by the former one.
   * @param paths - below the folder that is mounted over, none in another. Where they have no room nothing is excluded.
   */
  set(paths: readonly string[]): void {
    this.endHiding();
    const generation = this.generation + 1;
    const names = paths.reduce((sum, path) => sum + path.split('/').length, 0);
    const text = Buffer.from(JSON.stringify(paths));
    const hasRoom = text.length <= TEXT_BYTES_MAX && names <= PLACES_MAX && generation <= GENERATIONS_MAX;
    const slot = generation & 1;
    if (hasRoom) this.#texts[slot]?.set(text);
    Atomics.store(this.#words, WORD.lengths + slot, hasRoom ? text.length : 0);
    Atomics.store(this.#words, WORD.current, generation);
  }

  /** What the list in force has is hidden, where it has anything. */
  hide(): void {
    if (this.get().paths.length === 0) return;
    Atomics.store(this.#words, WORD.mayHide, 1);
    Atomics.store(this.#words, WORD.hiding, this.generation);
  }

  /** Who reads that something is hidden does so for one request. */
  endHiding(): void {
    Atomics.store(this.#words, WORD.hiding, 0);
  }

  /** May somebody still hide something, or is to? */
  get mayHide(): boolean {
    return Atomics.load(this.#words, WORD.mayHide) === 1;
  }

  /** Whoever read it before {@link endHiding} has ended. */
  hidesNothing(): void {
    Atomics.store(this.#words, WORD.mayHide, 0);
  }
}
