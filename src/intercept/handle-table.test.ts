import { beforeEach, describe, expect, it } from 'vitest';
import { HANDLE_TABLE_BYTES, HandleTable, NOT_OPENED, OWN_HANDLES_BYTES } from './handle-table.ts';

const NODE = { low: 12, high: 7, flags: 2 };

describe('open files', () => {
  let memory: SharedArrayBuffer;
  let table: HandleTable;
  beforeEach(() => {
    memory = new SharedArrayBuffer(HANDLE_TABLE_BYTES);
    table = new HandleTable(memory, new SharedArrayBuffer(OWN_HANDLES_BYTES));
  });

  /** As a process sees it that has none of the descriptors. */
  const another = (): HandleTable => {
    const other = new HandleTable(memory, new SharedArrayBuffer(OWN_HANDLES_BYTES));
    other.learn();
    return other;
  };

  it('give each a place of its own, and take it back once', () => {
    const [first, second] = [table.take(NODE, 30), table.take(NODE, 31)];
    const { generation } = table;
    expect([table.descriptorOf(first), table.descriptorOf(second)]).toEqual([30, 31]);
    expect(table.free(second, generation)).toBe(31);
    expect(table.free(second, generation)).toBe(NOT_OPENED);
    expect(table.descriptorOf(second)).toBe(NOT_OPENED);
    const third = table.take({ ...NODE, low: 13 }, 32);
    expect(third).toBe(second);
    // What was freed before is another handle, though it stands in the same place.
    expect(table.free(third, generation)).toBe(NOT_OPENED);
    expect(table.free(third, table.generation)).toBe(32);
  });

  it('know which nodes are open, as long as one handle is left', () => {
    expect(table.isOpen(12, 7)).toBe(false);
    const first = table.take(NODE, 30);
    const firstGeneration = table.generation;
    const second = table.take(NODE, 31);
    const secondGeneration = table.generation;
    table.free(first, firstGeneration);
    expect([table.isOpen(12, 7), table.isOpen(12, 8), table.isOpen(12 + 4096, 7)]).toEqual([true, false, false]);
    table.free(second, secondGeneration);
    expect(table.isOpen(12, 7)).toBe(false);
  });

  it('are known to a process that follows, which opens each once', () => {
    table.take({ ...NODE, low: 11 }, 30);
    const { generation } = table;
    const handle = table.take(NODE, 31);
    table.free(0, generation);
    const other = another();
    expect(other.descriptorOf(handle)).toBe(NOT_OPENED);
    expect(other.nodeOf(handle, generation)).toEqual(NODE);
    expect(other.nodeOf(handle, generation + 1)).toBeNull();
    expect([other.isOpen(12, 7), other.isOpen(11, 7)]).toEqual([true, false]);
    expect([other.opened(handle, 40), other.opened(handle, 41)]).toEqual([true, false]);
    expect(other.descriptorOf(handle)).toBe(40);
    // The place that was free is given before one that never was.
    expect([other.take(NODE, 42), other.take(NODE, 43)]).toEqual([0, 2]);
  });
});
