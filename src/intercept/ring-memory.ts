import { assert } from '../kernel/assert.ts';
import { bufferOf, type SharedMemory, type Sleep, sleepOf } from '../kernel/shared-memory.ts';
import { RECORD, RECORD_ALIGNMENT, RECORDED } from './record.ts';

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
  /** 1 once something was changed that is not recorded: from there on nothing is. */
  lost: 5,
  /** 1 while the reader sleeps, or is about to: who puts a record in wakes it. */
  asleep: 6,
  /** 1 while no record may be begun, for a few milliseconds: the reader looks at what lies underneath. */
  gate: 7,
  /** 1 while somebody works past a mount. */
  bypassed: 8,
} as const;

/** Word of the first thread's turn (turns.ts). */
export const TURNS_FROM = 16;
/** Threads of all mounts that share a ring. */
export const THREADS_MAX = 512;
/** Two words for each thread: where the record begins that it is writing, in units and counted from 1, and its units. */
const BEGUN_FROM = 1024;
const WORDS_BYTES = (BEGUN_FROM + 2 * THREADS_MAX) * 4;
/** Several of the largest records. */
const CAPACITY_MIN = 4 * 1024 * 1024;

/** The ring as its writers and its reader see it. */
export interface RingMemory {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** For the length of a record, which is written and read at once. */
  readonly lengths: Int32Array;
  readonly units: number;
  readonly sleep: Sleep;
}

/** @param capacityBytes - a power of two. */
export function makeRing(capacityBytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(ringBytes(capacityBytes));
}

/** Of memory for a ring, which is zeros at the beginning. @param capacityBytes - a power of two. */
export function ringBytes(capacityBytes: number): number {
  assert(capacityBytes >= CAPACITY_MIN && Number.isInteger(Math.log2(capacityBytes)), 'capacity of the ring');
  return WORDS_BYTES + capacityBytes;
}

export function openRing(memory: SharedMemory): RingMemory {
  const buffer = bufferOf(memory);
  return {
    words: new Int32Array(buffer, 0, WORDS_BYTES / 4),
    bytes: new Uint8Array(buffer, WORDS_BYTES),
    view: new DataView(buffer, WORDS_BYTES),
    lengths: new Int32Array(buffer, WORDS_BYTES),
    units: (buffer.byteLength - WORDS_BYTES) / RECORD_ALIGNMENT,
    sleep: sleepOf(memory),
  };
}

/** Does anybody work past one of the mounts, so that not everything is in the ring? */
export function noteBypassed(memory: SharedMemory, isBypassed: boolean): void {
  Atomics.store(openRing(memory).words, WORD.bypassed, isBypassed ? 1 : 0);
}

/** For whoever knows that changes are not in the ring. */
export function giveUp(memory: SharedMemory): void {
  giveUpRing(openRing(memory).words);
}

/** From here on nothing is recorded. What is in the ring can still be read. */
export function giveUpRing(words: Int32Array): void {
  Atomics.store(words, WORD.lost, 1);
}

/** A thread begins a record, or is done with one. @param units - 0 where it is done. */
export function noteBegun({ words }: RingMemory, thread: number, place: number, units: number): void {
  Atomics.store(words, BEGUN_FROM + 2 * thread + 1, units);
  Atomics.store(words, BEGUN_FROM + 2 * thread, units === 0 ? 0 : place + 1);
}

/** Is no record being written that was begun? Nothing is being changed then that is recorded. */
export function isNoneBegun({ words }: RingMemory): boolean {
  for (let thread = 0; thread < THREADS_MAX; thread++) {
    if (Atomics.load(words, BEGUN_FROM + 2 * thread) !== 0) return false;
  }
  return true;
}

/**
 * For a thread that has ended: the record that it was writing is a gap, and nothing is recorded from here on. The
 * reader would wait for it for good.
 */
export function closeBegun(memory: SharedMemory, thread: number): void {
  const ring = openRing(memory);
  const place = Atomics.load(ring.words, BEGUN_FROM + 2 * thread) - 1;
  if (place < 0) return;
  giveUpRing(ring.words);
  putGap(ring, place, Atomics.load(ring.words, BEGUN_FROM + 2 * thread + 1));
  noteBegun(ring, thread, 0, 0);
}

/** Lets the reader pass over a record that was begun. */
export function putGap(ring: RingMemory, place: number, units: number): void {
  ring.view.setUint32(place * RECORD_ALIGNMENT + RECORD.recorded, RECORDED.gap, true);
  Atomics.store(ring.lengths, (place * RECORD_ALIGNMENT) / 4, units * RECORD_ALIGNMENT);
}
