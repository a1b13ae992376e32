import { crc32 } from 'node:zlib';
import { assert } from '../kernel/assert.ts';
import { RECORD, RECORD_ALIGNMENT, RECORDED } from './record.ts';
import { giveUpRing, openRing, type RingMemory, WORD } from './ring-memory.ts';

const HIGH = 2 ** 32;
/** No record has this order. */
const FILLS = 0;

/** Takes records out of the ring in their order. One thread alone. */
export class RingReader {
  readonly #ring: RingMemory;
  /** Of the record that was met last. */
  #order = FILLS;
  /** What was met is passed over: something before it is missing. */
  #isBehindGap = false;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = openRing(memory);
  }

  /**
   * Something was or may have been changed that is not recorded: a record found no room, or the mount ended
   * otherwise than by its owner. What the ring still holds came before.
   */
  get isLost(): boolean {
    return Atomics.load(this.#ring.words, WORD.lost) === 1;
  }

  /** For whoever knows that changes go past the mount. */
  giveUp(): void {
    giveUpRing(this.#ring.words);
  }

  /**
   * The next record, with memory of its own; null where there is none yet. Orders rise; one is missing where what
   * had it failed.
   * @throws AssertionError where its checksum is wrong, or one is missing.
   */
  take(): Uint8Array | null {
    for (;;) {
      const { words, units, lengths, bytes, view } = this.#ring;
      const tail = Atomics.load(words, WORD.tail);
      const at = ((tail >>> 0) % units) * RECORD_ALIGNMENT;
      const length = Atomics.load(lengths, at / 4);
      if (length === 0) return null;
      const order = view.getUint32(at + RECORD.order, true) + view.getUint32(at + RECORD.order + 4, true) * HIGH;
      const record = this.#isTold(order, view.getUint32(at + RECORD.recorded, true))
        ? bytes.slice(at, at + length)
        : null;
      const taken = Math.ceil(length / RECORD_ALIGNMENT);
      // Where the next records will stand, nothing may look like one.
      bytes.fill(0, at, at + taken * RECORD_ALIGNMENT);
      Atomics.store(words, WORD.tail, (tail + taken) | 0);
      Atomics.notify(words, WORD.tail);
      if (record !== null) return checked(record);
    }
  }

  #isTold(order: number, recorded: number): boolean {
    if (order === FILLS) return false;
    assert(this.#order === FILLS || order === this.#order + 1, 'no record is missing');
    this.#order = order;
    if ((recorded & RECORDED.gap) !== 0) this.#isBehindGap = true;
    return !this.#isBehindGap && (recorded & RECORDED.nothing) === 0;
  }
}

function checked(record: Uint8Array): Uint8Array {
  const view = new DataView(record.buffer, record.byteOffset);
  const sum = crc32(record.subarray(RECORD.checksum + 4));
  assert(view.getUint32(RECORD.checksum, true) === sum, 'a record is as it was written');
  return record;
}
