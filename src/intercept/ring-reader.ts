import { assert } from '../kernel/assert.ts';
import type { SharedMemory } from '../kernel/shared-memory.ts';
import { freeWord, takeWord } from './node-locks.ts';
import { checksumOf, RECORD, RECORD_ALIGNMENT, RECORDED } from './record.ts';
import { isNoneBegun, openRing, READER, type RingMemory, THREADS_MAX, unitsOf, WORD } from './ring-memory.ts';

const HIGH = 2 ** 32;
const QUIET_LOOK_MS = 0.05;
/** No record has this order. */
const FILLS = 0;

/** Takes records out of the ring in their order. One thread alone. */
export class RingReader {
  readonly #ring: RingMemory;
  /** Of the record that was met last. */
  #order = FILLS;
  /** What was met is passed over: something before it is missing. */
  #isBehindGap = false;
  /** Where the record begins behind the one that was given last. */
  #behind = 0;

  constructor(memory: SharedMemory) {
    this.#ring = openRing(memory);
    // One that died may have closed it.
    this.openGate();
  }

  /**
   * Something was or may have been changed that is not recorded: a record found no room, or the mount ended
   * otherwise than by its owner. What the ring still holds came before.
   */
  get isLost(): boolean {
    return Atomics.load(this.#ring.words, WORD.lost) === 1;
  }

  /** Somebody works past a mount. */
  get isBypassed(): boolean {
    return Atomics.load(this.#ring.words, WORD.bypassed) === 1;
  }

  /** Units that were taken by records so far, modulo 2^32; compare with {@link taken}. */
  get put(): number {
    return Atomics.load(this.#ring.words, WORD.head);
  }

  /** Of these the reader is done with. */
  get taken(): number {
    return Atomics.load(this.#ring.words, WORD.tail);
  }

  /**
   * The reader is about to sleep: from now on a record that is put in wakes it.
   * @returns false where one has been put in already.
   */
  mayRest(): boolean {
    const { words, lengths } = this.#ring;
    Atomics.store(words, WORD.asleep, READER.sleeps);
    if (!this.isLost && Atomics.load(lengths, this.#at / 4) === 0) return true;
    this.awake();
    return false;
  }

  /**
   * The reader is about to sleep for a short while, in which records gather: only one that somebody waits for wakes it.
   * @returns false where there is one already.
   */
  mayGather(): boolean {
    const { words } = this.#ring;
    Atomics.store(words, WORD.asleep, READER.gathers);
    if (!this.isLost && Atomics.load(words, WORD.isUrgent) === 0) return true;
    this.awake();
    return false;
  }

  /** It takes all that is there from now on. */
  awake(): void {
    Atomics.store(this.#ring.words, WORD.asleep, READER.awake);
    Atomics.store(this.#ring.words, WORD.isUrgent, 0);
  }

  /** From now on no record is begun. Open it within milliseconds: whoever waits goes on by himself after half a second. */
  closeGate(): void {
    const { words, sleep } = this.#ring;
    if (!takeWord(words, WORD.lock, WORD.lost, sleep)) return;
    Atomics.store(words, WORD.gate, 1);
    freeWord(words, WORD.lock, sleep);
  }

  /** While the gate is closed: is everything done that is or will be in the ring? Waits for it, up to `timeoutMs`. */
  isQuiet(timeoutMs: number): boolean {
    const { words, sleep } = this.#ring;
    for (let waitedMs = 0; !isNoneBegun(this.#ring); waitedMs += QUIET_LOOK_MS) {
      if (waitedMs >= timeoutMs) return false;
      sleep.wait(words, WORD.gate, 1, QUIET_LOOK_MS);
    }
    return true;
  }

  /** @returns false where it was not closed any more. */
  openGate(): boolean {
    const { words, sleep } = this.#ring;
    const wasClosed = Atomics.compareExchange(words, WORD.gate, 1, 0) === 1;
    sleep.wake(words, WORD.gate, THREADS_MAX);
    return wasClosed;
  }

  /**
   * After records were lost, and all that are in it were taken: records are put in again from now on.
   * @returns false while some are still being written.
   */
  recover(): boolean {
    const { words, sleep } = this.#ring;
    if (!takeWord(words, WORD.lock, WORD.lost, sleep)) return false;
    const isEmpty = this.put === this.taken;
    if (isEmpty) {
      Atomics.store(words, WORD.lost, 0);
      this.#isBehindGap = false;
    }
    freeWord(words, WORD.lock, sleep);
    return isEmpty;
  }

  /** Where the next record stands. */
  get #at(): number {
    return this.#placeOf(this.taken);
  }

  /**
   * The next record, with memory of its own; null where there is none yet. Orders rise; one is missing where what
   * had it failed.
   * @throws AssertionError where its checksum is wrong, or one is missing.
   */
  take(): Uint8Array | null {
    const record = this.next()?.slice() ?? null;
    if (record !== null) this.done();
    return record;
  }

  /** As {@link take}, where it lies in the ring: until {@link done}. Till then whoever takes over gets it again. */
  next(): Uint8Array | null {
    for (;;) {
      const at = this.#at;
      const length = this.#lengthAt(at);
      if (length === 0) return null;
      this.#behind = this.taken + unitsOf(length);
      if (this.#isTold(this.#orderAt(at), this.#recordedAt(at)))
        return checked(this.#ring.bytes.subarray(at, at + length));
      this.done();
    }
  }

  /**
   * The one behind the record that {@link next} or this gave last, as that one; null where there is none yet, or it is
   * {@link next} that has to deal with it.
   */
  behind(): Uint8Array | null {
    const at = this.#placeOf(this.#behind);
    const length = this.#lengthAt(at);
    if (length === 0 || this.#orderAt(at) === FILLS) return null;
    if ((this.#recordedAt(at) & (RECORDED.gap | RECORDED.nothing)) !== 0) return null;
    this.#behind += unitsOf(length);
    return checked(this.#ring.bytes.subarray(at, at + length));
  }

  /** With the record that {@link next} gave, and with those {@link behind} it. @param records - how many. */
  done(records = 1): void {
    const { words, bytes, sleep } = this.#ring;
    for (let record = 0; record < records; record++) {
      const [tail, at] = [this.taken, this.#at];
      const order = this.#orderAt(at);
      assert(record === 0 || order === this.#order + 1, 'no record is missing');
      const taken = unitsOf(this.#lengthAt(at));
      if (order !== FILLS) this.#order = order;
      // Whoever takes over in the middle of it goes on with it.
      Atomics.store(words, WORD.takenTo, (tail + taken) | 0);
      // Where the next records will stand, nothing may look like one.
      bytes.fill(0, at, at + taken * RECORD_ALIGNMENT);
      Atomics.store(words, WORD.tail, (tail + taken) | 0);
    }
    if (Atomics.load(words, WORD.awaited) === 0) return;
    Atomics.store(words, WORD.awaited, 0);
    sleep.wake(words, WORD.tail, THREADS_MAX);
  }

  #placeOf(position: number): number {
    return ((position >>> 0) % this.#ring.units) * RECORD_ALIGNMENT;
  }

  #lengthAt(at: number): number {
    return Atomics.load(this.#ring.lengths, at / 4);
  }

  #orderAt(at: number): number {
    const { view } = this.#ring;
    return view.getUint32(at + RECORD.order, true) + view.getUint32(at + RECORD.order + 4, true) * HIGH;
  }

  #recordedAt(at: number): number {
    return this.#ring.view.getUint32(at + RECORD.recorded, true);
  }

  #isTold(order: number, recorded: number): boolean {
    if (order === FILLS) return false;
    assert(this.#order === FILLS || order === this.#order + 1, 'no record is missing');
    if ((recorded & RECORDED.gap) !== 0) this.#isBehindGap = true;
    return !this.#isBehindGap && (recorded & RECORDED.nothing) === 0;
  }
}

function checked(record: Uint8Array): Uint8Array {
  const view = new DataView(record.buffer, record.byteOffset);
  assert(view.getUint32(RECORD.checksum, true) === checksumOf(record), 'a record is as it was written');
  return record;
}
