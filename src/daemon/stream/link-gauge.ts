import type { FrameMemory } from '../../kernel/frame-memory.ts';

const WAITING = 0;
const AHEAD_MAX = 1;
const IS_AWAITED = 2;
const CELLS = 3;
const UNBOUNDED = 0x7fffffff;

/** Memory of a gauge, to be handed to both threads. */
export function gaugeMemory(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(memory)[AHEAD_MAX] = UNBOUNDED;
  return memory;
}

/**
 * How many bytes of frames the stream worker has handed over that have not left yet, and how many should at
 * most. What is in no hurry (answers to pulls, what checks state) is made when there is room only, so that a
 * change never waits behind more than that. Costs a fast link nothing but two additions for each frame.
 */
export class LinkGauge {
  readonly #cells: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory);
  }

  /** For the stream worker: bytes there is room for. Where there are none, it is woken when there are. */
  room(): number {
    const before = this.#room();
    if (before > 0) return before;
    Atomics.store(this.#cells, IS_AWAITED, 1);
    // Some may have left in between, and nobody would wake us.
    return this.#room();
  }

  queued(bytes: number): void {
    Atomics.add(this.#cells, WAITING, bytes);
  }

  /** For the channel worker. @returns true where the stream worker is to be woken. */
  left(bytes: number): boolean {
    Atomics.sub(this.#cells, WAITING, bytes);
    return this.#mayWake();
  }

  /** @param bytesAheadMax - null: no bound. @returns true where the stream worker is to be woken. */
  limit(bytesAheadMax: number | null): boolean {
    Atomics.store(this.#cells, AHEAD_MAX, bytesAheadMax ?? UNBOUNDED);
    return this.#mayWake();
  }

  #room(): number {
    const max = Atomics.load(this.#cells, AHEAD_MAX);
    if (max === UNBOUNDED) return Number.POSITIVE_INFINITY;
    return Math.max(0, max - Atomics.load(this.#cells, WAITING));
  }

  #mayWake(): boolean {
    return this.#room() > 0 && Atomics.exchange(this.#cells, IS_AWAITED, 0) === 1;
  }
}

/** The channel worker's memory of frames that the stream worker handed over: a gauge is told when one has left. */
export class GaugedMemory implements FrameMemory {
  readonly #memory: FrameMemory;
  readonly #gauge: LinkGauge;
  readonly #wake: () => void;

  /** @param wake - wakes the stream worker. */
  constructor(memory: FrameMemory, gauge: LinkGauge, wake: () => void) {
    this.#memory = memory;
    this.#gauge = gauge;
    this.#wake = wake;
  }

  take(bytes: number): Uint8Array {
    return this.#memory.take(bytes);
  }

  free(frame: Uint8Array): void {
    const mayWake = this.#gauge.left(frame.length);
    this.#memory.free(frame);
    if (mayWake) this.#wake();
  }
}
