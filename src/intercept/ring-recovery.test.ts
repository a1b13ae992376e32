import { beforeEach, describe, expect, it } from 'vitest';
import { RECORD, RECORD_ALIGNMENT } from './record.ts';
import { begunBy, noteBegun, openRing, ringBytes, WORD } from './ring-memory.ts';
import { RingReader } from './ring-reader.ts';
import { recoverRing } from './ring-recovery.ts';
import { RingWriter } from './ring-writer.ts';

const CAPACITY = 4 * 1024 * 1024;
const BYTES = RECORD.request + 100;
const UNITS = Math.ceil(BYTES / RECORD_ALIGNMENT);

describe('a ring whose process was killed', () => {
  let memory: SharedArrayBuffer;
  let words: Int32Array;
  let writer: RingWriter;
  beforeEach(() => {
    memory = new SharedArrayBuffer(ringBytes(CAPACITY));
    ({ words } = openRing(memory));
    writer = new RingWriter(memory, { thread: 0 });
  });

  const put = (to: RingWriter, content: number, bytes = BYTES): void => {
    expect(to.begin(bytes)).toBe(true);
    to.u32(RECORD.requestLength, bytes - RECORD.request);
    to.copy(RECORD.request, new Uint8Array(bytes - RECORD.request).fill(content));
    to.end();
  };
  const rest = (): (number | undefined)[] => {
    const reader = new RingReader(memory);
    const found: (number | undefined)[] = [];
    for (let record = reader.take(); record !== null; record = reader.take()) found.push(record[RECORD.request]);
    return found;
  };

  it('has what was in it, and a record that was begun keeps its place in the order', () => {
    put(writer, 1);
    writer.begin(BYTES);
    put(new RingWriter(memory, { thread: 1 }), 3);
    expect(recoverRing(memory)).toBe(true);
    const next = new RingWriter(memory, { thread: 0 });
    expect(next.adopt()).toBe(true);
    put(next, 2);
    put(next, 4);
    expect(rest()).toEqual([1, 2, 3, 4]);
  });

  it('gives a record that was written to its reader, and one of nothing not', () => {
    writer.begin(BYTES);
    writer.u32(RECORD.requestLength, 100);
    writer.copy(RECORD.request, new Uint8Array(100).fill(1));
    const other = new RingWriter(memory, { thread: 1 });
    other.begin(BYTES);
    put(new RingWriter(memory, { thread: 2 }), 3);
    recoverRing(memory);
    for (const thread of [0, 1]) {
      const next = new RingWriter(memory, { thread });
      expect(next.adopt()).toBe(true);
      next.endAdopted();
    }
    expect(rest()).toEqual([1, 3]);
  });

  it('has nothing of a record whose room was not taken yet', () => {
    put(writer, 1);
    noteBegun(openRing(memory), 1, UNITS, UNITS);
    Atomics.store(words, WORD.lock, 1);
    recoverRing(memory);
    expect(begunBy(openRing(memory), 1)).toBeNull();
    put(new RingWriter(memory, { thread: 1 }), 2);
    expect(rest()).toEqual([1, 2]);
  });

  it('counts a number that was given', () => {
    put(writer, 1);
    writer.begin(BYTES);
    Atomics.sub(words, WORD.orderLow, 1);
    recoverRing(memory);
    const next = new RingWriter(memory, { thread: 0 });
    next.adopt();
    put(next, 2);
    put(next, 3);
    expect(rest()).toEqual([1, 2, 3]);
  });

  it('knows a record that was given to the reader from one that was not', () => {
    put(writer, 1);
    noteBegun(openRing(memory), 0, 0, UNITS);
    recoverRing(memory);
    expect(begunBy(openRing(memory), 0)).toBeNull();
    expect(rest()).toEqual([1]);
  });

  it('goes on where the reader was', () => {
    for (const content of [1, 2, 3]) put(writer, content);
    const reader = new RingReader(memory);
    expect(reader.next()?.[RECORD.request]).toBe(1);
    recoverRing(memory);
    reader.take();
    // It was about to be done with the second one, and had begun to take it away.
    Atomics.store(words, WORD.takenTo, 2 * UNITS);
    openRing(memory).bytes.fill(0, UNITS * RECORD_ALIGNMENT, UNITS * RECORD_ALIGNMENT + 8);
    recoverRing(memory);
    expect(rest()).toEqual([3]);
  });

  it('has an end that was to be filled', () => {
    const large = CAPACITY / 2 - 4096;
    for (const content of [1, 2]) put(writer, content, large);
    const reader = new RingReader(memory);
    reader.take();
    put(writer, 3, large);
    const { lengths, units } = openRing(memory);
    const fill = 2 * Math.ceil(large / RECORD_ALIGNMENT);
    expect(lengths[(fill * RECORD_ALIGNMENT) / 4]).toBe((units - fill) * RECORD_ALIGNMENT);
    Atomics.store(lengths, (fill * RECORD_ALIGNMENT) / 4, 0);
    recoverRing(memory);
    expect(rest()).toEqual([2, 3]);
  });

  it('is empty, and what was in it lost, where it makes no sense', () => {
    put(writer, 1);
    put(writer, 2);
    Atomics.store(openRing(memory).lengths, 0, 1000 * RECORD_ALIGNMENT);
    expect(recoverRing(memory)).toBe(false);
    const reader = new RingReader(memory);
    expect([reader.take(), reader.isLost]).toEqual([null, true]);
    expect(reader.recover()).toBe(true);
    put(new RingWriter(memory, { thread: 0 }), 3);
    expect(reader.take()?.[RECORD.request]).toBe(3);
  });
});
