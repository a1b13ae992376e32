import { crc32 } from 'node:zlib';
import { assert } from '../kernel/assert.ts';
import { freeWord, takeWord } from './node-locks.ts';
import { RECORD, RECORD_ALIGNMENT } from './record.ts';
import { openRing, type RingMemory, WORD } from './ring-memory.ts';

/** Takes records out of the ring in their order. One thread alone. */
export class RingReader {
  readonly #ring: RingMemory;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = openRing(memory);
  }

  /** A record found no room: what came after it is not in the ring. */
  get isLost(): boolean {
    return Atomics.load(this.#ring.words, WORD.lost) === 1;
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
    Atomics.store(words, WORD.asleep, 1);
    if (!this.isLost && Atomics.load(lengths, this.#at / 4) === 0) return true;
    this.awake();
    return false;
  }

  awake(): void {
    Atomics.store(this.#ring.words, WORD.asleep, 0);
  }

  /**
   * After records were lost, and all that are in it were taken: records are put in again from now on.
   * @returns false while some are still being written.
   */
  recover(): boolean {
    const { words } = this.#ring;
    takeWord(words, WORD.lock);
    const isEmpty = this.put === this.taken;
    if (isEmpty) Atomics.store(words, WORD.lost, 0);
    freeWord(words, WORD.lock);
    return isEmpty;
  }

  /** Where the next record stands. */
  get #at(): number {
    return ((this.taken >>> 0) % this.#ring.units) * RECORD_ALIGNMENT;
  }

  /**
   * The next record, with memory of its own; null where there is none yet.
   * @throws AssertionError where its checksum is wrong.
   */
  take(): Uint8Array | null {
    for (;;) {
      const { words, lengths, bytes, view } = this.#ring;
      const [tail, at] = [this.taken, this.#at];
      const length = Atomics.load(lengths, at / 4);
      if (length === 0) return null;
      const fills = view.getUint32(at + RECORD.order, true) === 0 && view.getUint32(at + RECORD.order + 4, true) === 0;
      const record = fills ? null : bytes.slice(at, at + length);
      const taken = Math.ceil(length / RECORD_ALIGNMENT);
      // Where the next records will stand, nothing may look like one.
      bytes.fill(0, at, at + taken * RECORD_ALIGNMENT);
      Atomics.store(words, WORD.tail, (tail + taken) | 0);
      Atomics.notify(words, WORD.tail);
      if (record !== null) return checked(record);
    }
  }
}

function checked(record: Uint8Array): Uint8Array {
  const view = new DataView(record.buffer, record.byteOffset);
  const sum = crc32(record.subarray(RECORD.checksum + 4));
  assert(view.getUint32(RECORD.checksum, true) === sum, 'a record is as it was written');
  return record;
}
