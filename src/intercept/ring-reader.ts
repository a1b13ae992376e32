import { crc32 } from 'node:zlib';
import { assert } from '../kernel/assert.ts';
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

  /**
   * The next record, with memory of its own; null where there is none yet.
   * @throws AssertionError where its checksum is wrong.
   */
  take(): Uint8Array | null {
    for (;;) {
      const { words, units, lengths, bytes, view } = this.#ring;
      const tail = Atomics.load(words, WORD.tail);
      const at = ((tail >>> 0) % units) * RECORD_ALIGNMENT;
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
