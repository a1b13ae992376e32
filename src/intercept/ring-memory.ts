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
  /** Whether the reader sleeps, or is about to: one of {@link READER}. */
  asleep: 6,
  /** 1 while no record may be begun, for a few milliseconds: the reader looks at what lies underneath. */
  gate: 7,
  /** 1 while somebody works past a mount. */
  bypassed: 8,
  /** Up to where the reader is about to be done: different from `tail` only while it takes a record. */
  takenTo: 9,
  /** 1 once a record was put in that the reader is not to let wait. */
  isUrgent: 10,
  /** 1 where somebody waits for room, or did. */
  awaited: 11,
} as const;

/** What the reader does. */
export const READER = {
  awake: 0,
  /** Who puts a record in wakes it. */
  sleeps: 1,
  /** It comes by itself, soon; only who can't wait wakes it. */
  gathers: 2,
} as const;

/** Word of the first thread's turn (turns.ts). */
export const TURNS_FROM = 16;
/** Threads of all mounts that share a ring. */
export const THREADS_MAX = 512;
/** Two words for each thread: the position of the record that it is writing, and its units; 0 where there is none. */
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

/** Of the ring, for so many bytes. */
export function unitsOf(bytes: number): number {
  return Math.ceil(bytes / RECORD_ALIGNMENT);
}

/** A thread begins a record. */
export function noteBegun({ words }: RingMemory, thread: number, position: number, units: number): void {
  Atomics.store(words, BEGUN_FROM + 2 * thread, position);
  Atomics.store(words, BEGUN_FROM + 2 * thread + 1, units);
}

/** It is done with it. */
export function noteEnded({ words }: RingMemory, thread: number): void {
  Atomics.store(words, BEGUN_FROM + 2 * thread + 1, 0);
}

/** A record that a thread began and did not end. */
export interface BegunRecord {
  readonly position: number;
  /** Its place in the ring, in units. */
  readonly place: number;
  readonly units: number;
}

export function begunBy({ words, units: all }: RingMemory, thread: number): BegunRecord | null {
  const units = Atomics.load(words, BEGUN_FROM + 2 * thread + 1);
  const position = Atomics.load(words, BEGUN_FROM + 2 * thread);
  return units === 0 ? null : { position, place: (position >>> 0) % all, units };
}

/** Is no record being written that was begun? Nothing is being changed then that is recorded. */
export function isNoneBegun({ words }: RingMemory): boolean {
  for (let thread = 0; thread < THREADS_MAX; thread++) {
    if (Atomics.load(words, BEGUN_FROM + 2 * thread + 1) !== 0) return false;
  }
  return true;
}

/**
 * For a thread that has ended: its turn is over; the record that it was writing is a gap, and nothing is recorded from
 * here on. They would be waited for for good.
 */
export function closeBegun(memory: SharedMemory, thread: number): void {
  const ring = openRing(memory);
  endTurn(ring, thread);
  const begun = begunBy(ring, thread);
  if (begun === null) return;
  giveUpRing(ring.words);
  putGap(ring, begun.place, begun.units);
  noteEnded(ring, thread);
}

/** A thread answers nothing any more. */
export function endTurn({ words }: Pick<RingMemory, 'words'>, thread: number): void {
  if ((Atomics.load(words, TURNS_FROM + thread) & 1) === 1) Atomics.add(words, TURNS_FROM + thread, 1);
}

/** Lets the reader pass over a record that was begun. */
export function putGap(ring: RingMemory, place: number, units: number): void {
  ring.view.setUint32(place * RECORD_ALIGNMENT + RECORD.recorded, RECORDED.gap, true);
  Atomics.store(ring.lengths, (place * RECORD_ALIGNMENT) / 4, units * RECORD_ALIGNMENT);
}
