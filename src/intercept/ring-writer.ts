import { crc32 } from 'node:zlib';
import { assert } from '../kernel/assert.ts';
import type { SharedMemory } from '../kernel/shared-memory.ts';
import { freeWord, takeWord } from './node-locks.ts';
import { RECORD, RECORD_ALIGNMENT, RECORDED } from './record.ts';
import { giveUpRing, noteBegun, openRing, putGap, type RingMemory, THREADS_MAX, WORD } from './ring-memory.ts';

/** For so long a full ring waits for a reader that takes nothing out. Then its order is given up, not the application. */
const ROOM_WAIT_MS = 10_000;
/** For so long a closed gate is respected: whoever closed it hangs, or has died. */
const GATE_WAIT_MS = 500;
const NONE = -1;

export interface RingWriterOptions {
  /** Number of this writer's thread among those that use the ring. */
  readonly thread: number;
  /** Called when a record was put in while the reader sleeps. */
  readonly wakeReader?: () => void;
  /** A test's own. */
  readonly roomWaitMs?: number;
  /** A test's own. */
  readonly gateWaitMs?: number;
}

/**
 * Puts records into the ring, from any number of threads. Room and order are taken in one step under a lock;
 * what is put there is written outside of it, and its length last. Until then the reader gets nothing behind it.
 */
export class RingWriter {
  readonly #ring: RingMemory;
  readonly #thread: number;
  readonly #roomWaitMs: number;
  readonly #gateWaitMs: number;
  readonly #wakeReader: () => void;
  /** Where the record that is being written begins. */
  #at = NONE;
  #bytes = 0;

  constructor(memory: SharedMemory, options: RingWriterOptions) {
    assert(options.thread < THREADS_MAX, 'a ring has a bounded number of writers');
    this.#ring = openRing(memory);
    this.#thread = options.thread;
    this.#wakeReader = options.wakeReader ?? (() => {});
    this.#roomWaitMs = options.roomWaitMs ?? ROOM_WAIT_MS;
    this.#gateWaitMs = options.gateWaitMs ?? GATE_WAIT_MS;
  }

  /**
   * Takes room for a record, and its place in the order.
   * @returns false where records are lost from here on.
   */
  begin(bytes: number): boolean {
    const { words, units, sleep } = this.#ring;
    const needed = unitsOf(bytes);
    assert(needed < units / 2, 'a record is smaller than half of the ring');
    for (;;) {
      if (!takeWord(words, WORD.lock, WORD.lost, sleep)) return false;
      if (Atomics.load(words, WORD.lost) === 1) return this.#refused();
      if (Atomics.load(words, WORD.gate) === 1) {
        this.#waitAtGate();
        continue;
      }
      const [head, tail] = [Atomics.load(words, WORD.head), Atomics.load(words, WORD.tail)];
      const place = (head >>> 0) % units;
      const skipped = place + needed > units ? units - place : 0;
      if ((head - tail + skipped + needed) >>> 0 <= units) {
        const begins = skipped > 0 ? 0 : place;
        noteBegun(this.#ring, this.#thread, begins, needed);
        Atomics.store(words, WORD.head, (head + skipped + needed) | 0);
        this.#number(begins * RECORD_ALIGNMENT);
        freeWord(words, WORD.lock, sleep);
        if (skipped > 0) this.#publish(place * RECORD_ALIGNMENT, skipped * RECORD_ALIGNMENT);
        this.#at = begins * RECORD_ALIGNMENT;
        this.#bytes = bytes;
        return true;
      }
      freeWord(words, WORD.lock, sleep);
      if (!sleep.wait(words, WORD.tail, tail, this.#roomWaitMs)) giveUpRing(words);
    }
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
    this.#done();
  }

  /** What the record was begun for was not done: its room is passed over. */
  cancel(): void {
    this.u32(RECORD.recorded, RECORDED.nothing);
    this.#done();
  }

  /**
   * Nothing is recorded from here on: what was done could not be, and an order that lacks it is none. The reader gets
   * what is before the record that was begun for it, and no more.
   */
  giveUp(): void {
    giveUpRing(this.#ring.words);
    putGap(this.#ring, this.#at / RECORD_ALIGNMENT, unitsOf(this.#bytes));
    this.#at = NONE;
    noteBegun(this.#ring, this.#thread, 0, 0);
    this.#wake();
  }

  #done(): void {
    this.#publish(this.#at, this.#bytes);
    this.#at = NONE;
    noteBegun(this.#ring, this.#thread, 0, 0);
    this.#wake();
  }

  #wake(): void {
    if (Atomics.compareExchange(this.#ring.words, WORD.asleep, 1, 0) === 1) this.#wakeReader();
  }

  /** Gives the record at `at` the next order. */
  #number(at: number): void {
    const { words, view } = this.#ring;
    const low = (Atomics.load(words, WORD.orderLow) + 1) | 0;
    Atomics.store(words, WORD.orderLow, low);
    if (low === 0) Atomics.add(words, WORD.orderHigh, 1);
    view.setInt32(at + RECORD.order, low, true);
    view.setInt32(at + RECORD.order + 4, Atomics.load(words, WORD.orderHigh), true);
  }

  #publish(at: number, bytes: number): void {
    Atomics.store(this.#ring.lengths, at / 4, bytes);
  }

  /** The lock is held, and free afterwards. */
  #waitAtGate(): void {
    const { words, sleep } = this.#ring;
    freeWord(words, WORD.lock, sleep);
    if (!sleep.wait(words, WORD.gate, 1, this.#gateWaitMs)) Atomics.compareExchange(words, WORD.gate, 1, 0);
  }

  #refused(): boolean {
    freeWord(this.#ring.words, WORD.lock, this.#ring.sleep);
    return false;
  }
}

function unitsOf(bytes: number): number {
  return Math.ceil(bytes / RECORD_ALIGNMENT);
}
