import { expect, it } from 'vitest';
import { KnownNodes, makeWayMemory, WAY } from '../../intercept/mount-way.ts';
import { ToldKernel } from './told-kernel.ts';

it('has each mount forget what it may know of a node, the root by its own number, and nothing else', () => {
  const memories = [makeWayMemory(WAY.refuse), makeWayMemory(WAY.refuse)] as const;
  const told: string[] = [];
  const kernel = new ToldKernel(
    memories.map((wayMemory, index) => ({ wayMemory, notices: 30 + index, root: { low: 2, high: index } })),
    (connection, notice) => {
      const view = new DataView(notice.buffer);
      // Length; code; unique; node.
      expect([view.getUint32(0, true), view.getInt32(4, true), view.getBigUint64(8, true)]).toEqual([40, 2, 0n]);
      expect([view.getBigInt64(32, true), view.getBigInt64(24, true)]).toEqual([0n, 0n]);
      told.push(`${String(connection)}: ${String(view.getUint32(16, true))} ${String(view.getUint32(20, true))}`);
    },
  );
  expect(kernel.isEmpty).toBe(true);
  new KnownNodes(memories[0]).add(11);
  new KnownNodes(memories[0]).add(1);
  new KnownNodes(memories[1]).add(12);
  expect(kernel.isEmpty).toBe(false);
  kernel.forget({ low: 11, high: 5 });
  kernel.forget({ low: 12, high: 6 });
  kernel.forget({ low: 13, high: 7 });
  kernel.forget({ low: 2, high: 0 });
  kernel.forget({ low: 2, high: 1 });
  expect(told).toEqual(['30: 11 5', '31: 12 6', '30: 1 0']);
});
