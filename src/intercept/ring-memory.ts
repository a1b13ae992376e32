import { assert } from '../kernel/assert.ts';
import { RECORD_ALIGNMENT } from './record.ts';

/** Words at the beginning of the ring's memory. Positions count units of RECORD_ALIGNMENT, and wrap. */
export const WORD = {
  /** Up to where room is taken. */
  head: 0,
  /** Up to where the reader is done. */
  tail: 1,
  /** Held while room is taken. */
  lock: 2,
  orderLow: 3,
  orderHigh: 4,
  /** 1 once a record found no room: from there on nothing is recorded. */
  lost: 5,
  /** 1 while the reader sleeps, or is about to: who puts a record in wakes it. */
  asleep: 6,
} as const;

/** Word of the first thread's turn (turns.ts). */
export const TURNS_FROM = 16;
/** Threads of all mounts that share a ring. */
export const THREADS_MAX = 512;

const WORDS_BYTES = 4096;
/** Several of the largest records. */
const CAPACITY_MIN = 4 * 1024 * 1024;

/** The ring as its writers and its reader see it. */
export interface RingMemory {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly view: DataView;
  /** For the length of a record, which is written and read at once. */
  readonly lengths: Int32Array<SharedArrayBuffer>;
  readonly units: number;
}

/** @param capacityBytes - a power of two. */
export function makeRing(capacityBytes: number): SharedArrayBuffer {
  assert(capacityBytes >= CAPACITY_MIN && Number.isInteger(Math.log2(capacityBytes)), 'capacity of the ring');
  return new SharedArrayBuffer(WORDS_BYTES + capacityBytes);
}

export function openRing(memory: SharedArrayBuffer): RingMemory {
  return {
    words: new Int32Array(memory, 0, WORDS_BYTES / 4),
    bytes: new Uint8Array(memory, WORDS_BYTES),
    view: new DataView(memory, WORDS_BYTES),
    lengths: new Int32Array(memory, WORDS_BYTES),
    units: (memory.byteLength - WORDS_BYTES) / RECORD_ALIGNMENT,
  };
}
