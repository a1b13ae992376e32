import { describe, expect, it } from 'vitest';
import { RECORD } from './record.ts';
import { LocksOver } from './node-locks.ts';
import { closeBegun, openRing, ringBytes, WORD } from './ring-memory.ts';
import { RingReader } from './ring-reader.ts';
import { RingWriter } from './ring-writer.ts';
import { Turn, Turns } from './turns.ts';

const CAPACITY = 4 * 1024 * 1024;
const NO_WAIT_MS = 1;

function rig(): { memory: SharedArrayBuffer; writer: RingWriter; reader: RingReader } {
  const memory = new SharedArrayBuffer(ringBytes(CAPACITY));
  return {
    memory,
    writer: new RingWriter(memory, { thread: 0, roomWaitMs: NO_WAIT_MS, gateWaitMs: NO_WAIT_MS }),
    reader: new RingReader(memory),
  };
}

function put(writer: RingWriter, bytes: number, fill: number): boolean {
  if (!writer.begin(RECORD.request + bytes)) return false;
  writer.u32(RECORD.requestLength, bytes);
  writer.copy(RECORD.request, new Uint8Array(bytes).fill(fill));
  writer.end();
  return true;
}

function orderOf(record: Uint8Array | null): number {
  if (record === null) return 0;
  return Number(new DataView(record.buffer, record.byteOffset).getBigUint64(RECORD.order, true));
}

describe('the ring of records', () => {
  it('gives records in their order, whole, around its end again and again', () => {
    const { writer, reader } = rig();
    const sizes = [1, 31, 32, 33, 100_000, 1_048_576];
    for (let count = 1; count <= 200; count++) {
      const bytes = sizes[count % sizes.length] as number;
      expect(put(writer, bytes, count % 251)).toBe(true);
      const record = reader.take();
      expect(orderOf(record)).toBe(count);
      expect(record?.length).toBe(RECORD.request + bytes);
      expect(record?.subarray(RECORD.request).every((byte) => byte === count % 251)).toBe(true);
    }
    expect(reader.take()).toBeNull();
    expect(reader.isLost).toBe(false);
  });

  it('shows what is behind a record, and is done with both in their order', () => {
    const { writer, reader } = rig();
    for (let count = 1; count <= 3; count++) put(writer, 10_000 * count, count);
    expect(orderOf(reader.next())).toBe(1);
    expect([orderOf(reader.behind()), orderOf(reader.behind()), reader.behind()]).toEqual([2, 3, null]);
    // Who died here has been done with none.
    expect(orderOf(reader.next())).toBe(1);
    expect(orderOf(reader.behind())).toBe(2);
    reader.done(2);
    expect(orderOf(reader.take())).toBe(3);
    expect(reader.take()).toBeNull();
    for (let count = 4; count <= 400; count += 2) {
      put(writer, 30_000, 1);
      put(writer, 50_000, 2);
      expect(orderOf(reader.next())).toBe(count);
      // Behind the last one in the ring stands what fills its end.
      const behind = orderOf(reader.behind());
      expect([0, count + 1]).toContain(behind);
      reader.done(behind === 0 ? 1 : 2);
      if (behind === 0) expect(orderOf(reader.take())).toBe(count + 1);
    }
  });

  it('does not show a record behind another one that failed or is missing', () => {
    const { memory, writer, reader } = rig();
    put(writer, 1, 1);
    writer.begin(RECORD.request);
    writer.cancel();
    put(writer, 1, 1);
    expect(orderOf(reader.next())).toBe(1);
    expect(reader.behind()).toBeNull();
    reader.done();
    expect(orderOf(reader.next())).toBe(3);
    writer.begin(RECORD.request);
    closeBegun(memory, 0);
    expect(reader.behind()).toBeNull();
  });

  it('wakes a reader that sleeps, and one that gathers only for who waits for it and where it fills', () => {
    const memory = new SharedArrayBuffer(ringBytes(CAPACITY));
    let wakes = 0;
    const writer = new RingWriter(memory, { thread: 0, wakeReader: () => (wakes += 1) });
    const reader = new RingReader(memory);
    const putUrgent = (): void => {
      writer.begin(RECORD.request);
      writer.end(true);
    };
    expect(reader.mayRest()).toBe(true);
    put(writer, 1, 1);
    expect([wakes, reader.mayRest()]).toEqual([1, false]);
    expect(reader.mayGather()).toBe(true);
    put(writer, 1, 1);
    expect(wakes).toBe(1);
    putUrgent();
    expect([wakes, reader.mayGather()]).toEqual([2, false]);
    while (reader.take() !== null);
    // One that came while the reader was awake.
    putUrgent();
    expect([wakes, reader.mayGather()]).toEqual([2, false]);
    expect(reader.mayGather()).toBe(true);
    put(writer, CAPACITY / 8, 1);
    expect(wakes).toBe(3);
  });

  it('goes on where the count of its units wraps', () => {
    const { memory, writer, reader } = rig();
    const { words, units } = openRing(memory);
    const near = (2 ** 32 - units) | 0;
    for (const word of [WORD.head, WORD.tail]) Atomics.store(words, word, near);
    Atomics.store(words, WORD.orderLow, -2);
    for (let count = 0; count < 10; count++) {
      expect(put(writer, 1_000_000, count)).toBe(true);
      expect(orderOf(reader.take())).toBe(2 ** 32 - 1 + count);
    }
  });

  it('holds nobody up for good: a ring that nobody reads is given up, and what is in it can still be read', () => {
    const { writer, reader } = rig();
    let written = 0;
    while (put(writer, 100_000, 1)) written += 1;
    expect(written).toBe(Math.floor(CAPACITY / (Math.ceil((RECORD.request + 100_000) / 32) * 32)));
    expect(reader.isLost).toBe(true);
    for (let count = 1; count <= written; count++) expect(orderOf(reader.take())).toBe(count);
    expect(reader.take()).toBeNull();
    expect(put(writer, 1, 1)).toBe(false);
  });

  it('shows no record that is not finished, and none behind it', () => {
    const { memory, writer, reader } = rig();
    const other = new RingWriter(memory, { thread: 1 });
    writer.begin(RECORD.request);
    expect(put(other, 10, 1)).toBe(true);
    expect(reader.take()).toBeNull();
    writer.end();
    expect([orderOf(reader.take()), orderOf(reader.take())]).toEqual([1, 2]);
  });

  it('has the order in which records were begun, and passes over those whose change failed', () => {
    const { memory, writer, reader } = rig();
    const other = new RingWriter(memory, { thread: 1 });
    writer.begin(RECORD.request + 100_000);
    expect(put(other, 10, 1)).toBe(true);
    other.begin(RECORD.request + 1000);
    other.cancel();
    expect(put(other, 20, 2)).toBe(true);
    expect(reader.take()).toBeNull();
    writer.cancel();
    expect([orderOf(reader.take()), orderOf(reader.take())]).toEqual([2, 4]);
    expect(reader.take()).toBeNull();
    for (let count = 0; count < 100; count++) {
      writer.begin(RECORD.request + 100_000);
      writer.cancel();
      expect(reader.take()).toBeNull();
    }
    expect(put(writer, 30, 3)).toBe(true);
    expect(orderOf(reader.take())).toBe(105);
  });

  it('gives what came before something that could not be told, and nothing behind it', () => {
    const { memory, writer, reader } = rig();
    const other = new RingWriter(memory, { thread: 1 });
    expect(put(other, 10, 1)).toBe(true);
    writer.begin(RECORD.request);
    other.begin(RECORD.request + 10);
    writer.giveUp();
    other.end();
    expect(put(other, 10, 1)).toBe(false);
    expect(reader.isLost).toBe(true);
    expect([orderOf(reader.take()), reader.take()]).toEqual([1, null]);
    expect(Atomics.load(openRing(memory).words, WORD.tail)).toBe(Atomics.load(openRing(memory).words, WORD.head));
  });

  it('does not wait for a thread that ended with a record begun, and tells that it is missing', () => {
    const { memory, writer, reader } = rig();
    const other = new RingWriter(memory, { thread: 1 });
    expect(put(writer, 10, 1)).toBe(true);
    writer.begin(RECORD.request + 1000);
    expect(put(other, 10, 1)).toBe(true);
    expect([orderOf(reader.take()), reader.take()]).toEqual([1, null]);
    closeBegun(memory, 1);
    expect([reader.isLost, reader.take()]).toEqual([false, null]);
    closeBegun(memory, 0);
    expect([reader.isLost, reader.take()]).toEqual([true, null]);
    expect(Atomics.load(openRing(memory).words, WORD.tail)).toBe(Atomics.load(openRing(memory).words, WORD.head));
  });

  it('has no turn of a thread that ended in the middle of one: what waits for it goes on', () => {
    const { memory } = rig();
    new Turn(memory, 3).begin();
    const turns = new Turns(memory);
    turns.begin();
    expect(turns.isOver()).toBe(false);
    closeBegun(memory, 3);
    expect(turns.isOver()).toBe(true);
    turns.begin();
    expect(turns.isOver()).toBe(true);
    closeBegun(memory, 3);
    turns.begin();
    expect(turns.isOver()).toBe(true);
  });

  it('tells a record that is missing', () => {
    const { memory, writer, reader } = rig();
    put(writer, 100, 1);
    reader.take();
    Atomics.add(openRing(memory).words, WORD.orderLow, 1);
    put(writer, 100, 1);
    expect(() => reader.take()).toThrow(/is missing/);
  });

  it('tells a record that is not as it was written', () => {
    const { memory, writer, reader } = rig();
    put(writer, 100, 1);
    const { bytes } = openRing(memory);
    bytes[RECORD.request + 50] = 2;
    expect(() => reader.take()).toThrow(/as it was written/);
  });

  it('begins no record while its gate is closed, and tells when all that were begun are ended', () => {
    const { memory, writer, reader } = rig();
    writer.begin(RECORD.request);
    reader.closeGate();
    expect(reader.isQuiet(NO_WAIT_MS)).toBe(false);
    writer.u32(RECORD.requestLength, 0);
    writer.end();
    expect(reader.isQuiet(NO_WAIT_MS)).toBe(true);
    const { words } = openRing(memory);
    const before = Atomics.load(words, WORD.head);
    expect(reader.openGate()).toBe(true);
    expect(put(writer, 1, 1)).toBe(true);
    expect(Atomics.load(words, WORD.head)).toBeGreaterThan(before);
  });

  it('holds nobody up for good at a gate whose reader died: the next writer, and the next reader, open it', () => {
    const { memory, writer, reader } = rig();
    reader.closeGate();
    expect(put(writer, 1, 1)).toBe(true);
    expect(reader.openGate()).toBe(false);
    reader.closeGate();
    expect(new RingReader(memory).openGate()).toBe(false);
  });

  it('that is full is waited for no longer than the mount is served', () => {
    const large = CAPACITY / 2 - 4096;
    const memory = new SharedArrayBuffer(ringBytes(CAPACITY));
    let looks = 0;
    const writer = new RingWriter(memory, { thread: 0, isOver: () => ++looks > 1 });
    for (let count = 0; count < 2; count++) {
      expect(writer.begin(large)).toBe(true);
      writer.end();
    }
    expect(() => writer.begin(large)).toThrow(LocksOver);
    expect(new RingReader(memory).isLost).toBe(false);
  });
});
