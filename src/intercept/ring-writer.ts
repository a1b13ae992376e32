import { crc32 } from 'node:zlib';
import { assert } from '../kernel/assert.ts';
import { freeWord, takeWord } from './node-locks.ts';
import { RECORD, RECORD_ALIGNMENT } from './record.ts';
import { openRing, type RingMemory, WORD } from './ring-memory.ts';

/** For so long a full ring waits for a reader that takes nothing out. Then its order is given up, not the application. */
const ROOM_WAIT_MS = 10_000;
const NONE = -1;

/**
 * Puts records into the ring, from any number of threads. Room and order are taken in one step under a lock;
 * what is put there is written outside of it, and its length last.
 */
export class RingWriter {
  readonly #ring: RingMemory;
  readonly #roomWaitMs: number;
  readonly #wakeReader: () => void;
  /** Where the record that is being written begins. */
  #at = NONE;
  #bytes = 0;

  /**
   * @param wakeReader - called when a record was put in while the reader sleeps.
   * @param roomWaitMs - a test's own.
   */
  constructor(memory: SharedArrayBuffer, wakeReader: () => void = () => {}, roomWaitMs = ROOM_WAIT_MS) {
    this.#ring = openRing(memory);
    this.#wakeReader = wakeReader;
    this.#roomWaitMs = roomWaitMs;
  }

  /**
   * Takes room for a record, and its place in the order.
   * @returns false where records are lost from here on.
   */
  begin(bytes: number): boolean {
    const { words, units, view } = this.#ring;
    const needed = Math.ceil(bytes / RECORD_ALIGNMENT);
    assert(needed < units / 2, 'a record is smaller than half of the ring');
    for (;;) {
      takeWord(words, WORD.lock);
      if (Atomics.load(words, WORD.lost) === 1) return this.#refused();
      const [head, tail] = [Atomics.load(words, WORD.head), Atomics.load(words, WORD.tail)];
      const place = (head >>> 0) % units;
      const skipped = place + needed > units ? units - place : 0;
      if ((head - tail + skipped + needed) >>> 0 <= units) {
        Atomics.store(words, WORD.head, (head + skipped + needed) | 0);
        const low = (Atomics.load(words, WORD.orderLow) + 1) | 0;
        Atomics.store(words, WORD.orderLow, low);
        if (low === 0) Atomics.add(words, WORD.orderHigh, 1);
        const high = Atomics.load(words, WORD.orderHigh);
        freeWord(words, WORD.lock);
        if (skipped > 0) this.#publish(place * RECORD_ALIGNMENT, skipped * RECORD_ALIGNMENT);
        this.#at = (skipped > 0 ? 0 : place) * RECORD_ALIGNMENT;
        this.#bytes = bytes;
        view.setInt32(this.#at + RECORD.order, low, true);
        view.setInt32(this.#at + RECORD.order + 4, high, true);
        return true;
      }
      freeWord(words, WORD.lock);
      if (Atomics.wait(words, WORD.tail, tail, this.#roomWaitMs) === 'timed-out') Atomics.store(words, WORD.lost, 1);
    }
  }

  /** Nothing is recorded from here on: what was done could not be, and an order that lacks it is none. */
  giveUp(): void {
    Atomics.store(this.#ring.words, WORD.lost, 1);
    this.#wake();
  }

  u32(field: number, value: number): void {
    this.#ring.view.setUint32(this.#at + field, value, true);
  }

  copy(field: number, bytes: Uint8Array): void {
    this.#ring.bytes.set(bytes, this.#at + field);
  }

  /** The reader may have it. */
  end(): void {
    const { bytes, view } = this.#ring;
    const behind = this.#at + RECORD.checksum + 4;
    view.setUint32(this.#at + RECORD.checksum, crc32(bytes.subarray(behind, this.#at + this.#bytes)), true);
    this.#publish(this.#at, this.#bytes);
    this.#at = NONE;
    this.#wake();
  }

  #wake(): void {
    if (Atomics.compareExchange(this.#ring.words, WORD.asleep, 1, 0) === 1) this.#wakeReader();
  }

  #publish(at: number, bytes: number): void {
    Atomics.store(this.#ring.lengths, at / 4, bytes);
  }

  #refused(): boolean {
    freeWord(this.#ring.words, WORD.lock);
    return false;
  }
}
