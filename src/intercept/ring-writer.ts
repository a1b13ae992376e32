import { assert } from '../kernel/assert.ts';
import type { SharedMemory } from '../kernel/shared-memory.ts';
import { freeWord, LocksOver, takeWord } from './node-locks.ts';
import { checksumOf, RECORD, RECORD_ALIGNMENT, RECORDED } from './record.ts';
import {
  type BegunRecord,
  begunBy,
  giveUpRing,
  noteBegun,
  noteEnded,
  openRing,
  putGap,
  READER,
  type RingMemory,
  THREADS_MAX,
  unitsOf,
  WORD,
} from './ring-memory.ts';

/** For so long a full ring waits for a reader that takes nothing out. Then its order is given up, not the application. */
const ROOM_WAIT_MS = 10_000;
/** So often who waits looks whether he still is to. */
const ROOM_LOOK_MS = 50;
/** For so long a closed gate is respected: whoever closed it hangs, or has died. */
const GATE_WAIT_MS = 500;
/** A ring that is fuller than that, as a part of it, is not left to the reader's own pace. */
const LEFT_ALONE_PART = 1 / 16;
const NONE = -1;

export interface RingWriterOptions {
  /** Number of this writer's thread among those that use the ring. */
  readonly thread: number;
  /** Called when a record was put in that the reader has to be woken for. */
  readonly wakeReader?: () => void;
  /** Nobody is to wait any more: nothing was begun then. */
  readonly isOver?: () => boolean;
  /** A test's own. */
  readonly roomWaitMs?: number;
  /** A test's own. */
  readonly gateWaitMs?: number;
}

/** Where the record of a request goes. */
export interface RecordRoom {
  begin(bytes: number): boolean;
  u32(field: number, value: number): void;
  copy(field: number, bytes: Uint8Array): void;
  /** @param isUrgent - somebody waits until it was read. */
  end(isUrgent?: boolean): void;
  cancel(): void;
  giveUp(): void;
}

/**
 * Puts records into the ring, from any number of threads. Room and order are taken in one step under a lock;
 * what is put there is written outside of it, and its length last. Until then the reader gets nothing behind it.
 */
export class RingWriter implements RecordRoom {
  readonly #ring: RingMemory;
  readonly #thread: number;
  readonly #roomWaitMs: number;
  readonly #gateWaitMs: number;
  readonly #wakeReader: () => void;
  readonly #isOver: () => boolean;
  /** Where the record that is being written begins. */
  #at = NONE;
  #bytes = 0;
  /** The room of a record that another process began for this thread: the next one is put there. */
  #adopted: BegunRecord | null = null;

  constructor(memory: SharedMemory, options: RingWriterOptions) {
    assert(options.thread < THREADS_MAX, 'a ring has a bounded number of writers');
    this.#ring = openRing(memory);
    this.#thread = options.thread;
    this.#wakeReader = options.wakeReader ?? (() => {});
    this.#isOver = options.isOver ?? (() => false);
    this.#roomWaitMs = options.roomWaitMs ?? ROOM_WAIT_MS;
    this.#gateWaitMs = options.gateWaitMs ?? GATE_WAIT_MS;
  }

  /**
   * For a process that takes over: the next record is the one that the thread had begun, at its place in the order.
   * @returns false where it had begun none.
   */
  adopt(): boolean {
    this.#adopted = begunBy(this.#ring, this.#thread);
    return this.#adopted !== null;
  }

  /** Ends the adopted record as it lies in the ring: it was written, and the reader was not given it. */
  endAdopted(): void {
    const begun = this.#adopted;
    if (begun === null) return;
    const at = begun.place * RECORD_ALIGNMENT;
    const length = this.#ring.view.getUint32(at + RECORD.requestLength, true);
    const bytes = length === 0 ? begun.units * RECORD_ALIGNMENT : RECORD.request + length;
    [this.#at, this.#bytes, this.#adopted] = [at, bytes, null];
    if (length === 0) this.cancel();
    else this.end();
  }

  /**
   * Takes room for a record, and its place in the order.
   * @returns false where records are lost from here on.
   * @throws LocksOver where there is no room, and it is not to be waited for.
   */
  begin(bytes: number): boolean {
    if (this.#adopted !== null) {
      [this.#at, this.#bytes, this.#adopted] = [this.#adopted.place * RECORD_ALIGNMENT, bytes, null];
      return true;
    }
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
        // In this order: whoever takes over sees whether the room and the number are taken (ring-recovery.ts).
        noteBegun(this.#ring, this.#thread, (head + skipped) | 0, needed);
        const order = this.#number(begins * RECORD_ALIGNMENT);
        Atomics.store(words, WORD.head, (head + skipped + needed) | 0);
        this.#numbered(order);
        freeWord(words, WORD.lock, sleep);
        if (skipped > 0) this.#publish(place * RECORD_ALIGNMENT, skipped * RECORD_ALIGNMENT);
        this.#at = begins * RECORD_ALIGNMENT;
        this.#bytes = bytes;
        return true;
      }
      freeWord(words, WORD.lock, sleep);
      this.#waitForRoom(tail);
    }
  }

  u32(field: number, value: number): void {
    this.#ring.view.setUint32(this.#at + field, value, true);
  }

  copy(field: number, bytes: Uint8Array): void {
    this.#ring.bytes.set(bytes, this.#at + field);
  }

  end(isUrgent = false): void {
    const { bytes, view } = this.#ring;
    const at = this.#at;
    const sum = checksumOf(bytes.subarray(at, at + this.#bytes));
    view.setUint32(at + RECORD.checksum, sum, true);
    this.#done(isUrgent);
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
    noteEnded(this.#ring, this.#thread);
    this.#wake(true);
  }

  #done(isUrgent = false): void {
    this.#publish(this.#at, this.#bytes);
    this.#at = NONE;
    noteEnded(this.#ring, this.#thread);
    this.#wake(isUrgent || this.#isFilling);
  }

  get #isFilling(): boolean {
    const { words, units } = this.#ring;
    return (Atomics.load(words, WORD.head) - Atomics.load(words, WORD.tail)) >>> 0 > units * LEFT_ALONE_PART;
  }

  #wake(isUrgent: boolean): void {
    const { words } = this.#ring;
    // Before it is looked whether the reader sleeps, for it looks here once it said that it does.
    if (isUrgent) Atomics.store(words, WORD.isUrgent, 1);
    const reader = Atomics.load(words, WORD.asleep);
    if (reader === READER.awake || (reader === READER.gathers && !isUrgent)) return;
    if (Atomics.exchange(words, WORD.asleep, READER.awake) !== READER.awake) this.#wakeReader();
  }

  /** Gives the record at `at` the next order. @returns its low word. */
  #number(at: number): number {
    const { words, view } = this.#ring;
    const low = (Atomics.load(words, WORD.orderLow) + 1) | 0;
    view.setInt32(at + RECORD.order, low, true);
    view.setInt32(at + RECORD.order + 4, Atomics.load(words, WORD.orderHigh) + (low === 0 ? 1 : 0), true);
    return low;
  }

  #numbered(low: number): void {
    const { words } = this.#ring;
    if (low === 0) Atomics.add(words, WORD.orderHigh, 1);
    Atomics.store(words, WORD.orderLow, low);
  }

  #publish(at: number, bytes: number): void {
    Atomics.store(this.#ring.lengths, at / 4, bytes);
  }

  /** Until the reader takes something, or took nothing for too long. @throws LocksOver where it is not to be waited for. */
  #waitForRoom(tail: number): void {
    const { words, sleep } = this.#ring;
    for (let leftMs = this.#roomWaitMs; leftMs > 0; leftMs -= ROOM_LOOK_MS) {
      if (this.#isOver()) throw new LocksOver('the mount is served by this process no more');
      // Before it is looked whether the reader went on, for it looks here once it did.
      Atomics.store(words, WORD.awaited, 1);
      if (sleep.wait(words, WORD.tail, tail, Math.min(leftMs, ROOM_LOOK_MS))) return;
    }
    giveUpRing(words);
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
