import { RECORD_BYTES_MAX } from './change.ts';

/**
 * Memory of one record after the other, or of one batch. A block of its own for each of some size costs more than what
 * is put into it: the kernel clears its pages, and V8 looks for garbage all the time.
 */
export class ReusedMemory {
  /** Only what was used of it is resident. */
  readonly #memory = Buffer.allocUnsafeSlow(RECORD_BYTES_MAX);

  /** Good until the next one is taken. @param bytes - no more than the longest record. */
  take(bytes: number): Buffer {
    return this.#memory.subarray(0, bytes);
  }
}
