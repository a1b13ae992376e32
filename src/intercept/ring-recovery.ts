import type { SharedMemory } from '../kernel/shared-memory.ts';
import { RECORD, RECORD_ALIGNMENT } from './record.ts';
import {
  begunBy,
  endTurn,
  giveUpRing,
  noteEnded,
  openRing,
  READER,
  type RingMemory,
  THREADS_MAX,
  unitsOf,
  WORD,
} from './ring-memory.ts';

/*
 * A ring whose process was killed at any moment, before another one uses it. Nobody else has it meanwhile. What
 * stands in it is checked rather than trusted.
 */

/**
 * Makes the ring whole: what was being done to it is done, or was not begun. Records that threads had begun stay
 * so, and are to be ended.
 * @returns false where what stands in it makes no sense: it is empty then, and its records are lost.
 */
export function recoverRing(memory: SharedMemory): boolean {
  const ring = openRing(memory);
  const { words } = ring;
  Atomics.store(words, WORD.lock, 0);
  Atomics.store(words, WORD.asleep, READER.awake);
  Atomics.store(words, WORD.gate, 0);
  for (let thread = 0; thread < THREADS_MAX; thread++) endTurn(ring, thread);
  finishTake(ring);
  if (walk(ring, begunRecords(ring))) return true;
  empty(ring);
  return false;
}

/** The reader was about to be done with a record. */
function finishTake({ words, bytes, units }: RingMemory): void {
  const [tail, to] = [Atomics.load(words, WORD.tail), Atomics.load(words, WORD.takenTo)];
  const taken = (to - tail) >>> 0;
  const place = (tail >>> 0) % units;
  if (taken > 0 && place + taken <= units) {
    bytes.fill(0, place * RECORD_ALIGNMENT, (place + taken) * RECORD_ALIGNMENT);
    Atomics.store(words, WORD.tail, to);
  }
  Atomics.store(words, WORD.takenTo, Atomics.load(words, WORD.tail));
}

/** Records that are begun and not ended, by their positions. Notes of others are taken away. */
function begunRecords(ring: RingMemory): ReadonlyMap<number, number> {
  const { words, lengths, view } = ring;
  const [head, tail] = [Atomics.load(words, WORD.head), Atomics.load(words, WORD.tail)];
  const found = new Map<number, number>();
  for (let thread = 0; thread < THREADS_MAX; thread++) {
    const begun = begunBy(ring, thread);
    if (begun === null) continue;
    const { position, place, units } = begun;
    const isTaken = ((position - tail) >>> 0) + units <= (head - tail) >>> 0 && place + units <= ring.units;
    if (!isTaken || Atomics.load(lengths, (place * RECORD_ALIGNMENT) / 4) !== 0) {
      noteEnded(ring, thread);
      continue;
    }
    found.set(position, units);
    // Its number was given, and may not have been counted yet.
    const order = view.getInt32(place * RECORD_ALIGNMENT + RECORD.order, true);
    const next = (Atomics.load(words, WORD.orderLow) + 1) | 0;
    if (order !== next) continue;
    if (order === 0) Atomics.add(words, WORD.orderHigh, 1);
    Atomics.store(words, WORD.orderLow, order);
  }
  return found;
}

/** Goes through all records. @returns false where something stands there that is none. */
function walk({ words, lengths, units: all }: RingMemory, begun: ReadonlyMap<number, number>): boolean {
  const [head, tail] = [Atomics.load(words, WORD.head), Atomics.load(words, WORD.tail)];
  if ((head - tail) >>> 0 > all) return false;
  for (let position = tail; position !== head; ) {
    const place = (position >>> 0) % all;
    const length = Atomics.load(lengths, (place * RECORD_ALIGNMENT) / 4);
    // What is neither written nor begun fills the end of the ring, and was not marked as that yet.
    const units = length === 0 ? (begun.get(position) ?? all - place) : unitsOf(length);
    if (length < 0 || units > (head - position) >>> 0 || place + units > all) return false;
    if (length === 0 && !begun.has(position)) {
      Atomics.store(lengths, (place * RECORD_ALIGNMENT) / 4, units * RECORD_ALIGNMENT);
    }
    position = (position + units) | 0;
  }
  return true;
}

function empty(ring: RingMemory): void {
  const { words } = ring;
  giveUpRing(words);
  for (let thread = 0; thread < THREADS_MAX; thread++) noteEnded(ring, thread);
  ring.bytes.fill(0);
  for (const word of [WORD.head, WORD.tail, WORD.takenTo]) Atomics.store(words, word, 0);
}
