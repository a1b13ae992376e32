import { NODE_LOCKS_BYTES, NodeLocks } from '../../src/intercept/node-locks.ts';
import { ringBytes } from '../../src/intercept/ring-memory.ts';
import type { MappedMemory } from '../../src/kernel/shared-memory.ts';
import { mapSharedMemory } from '../../src/system/native/shared-memory.ts';

export const CAPACITY_BYTES = 4 * 1024 * 1024;
/** The node whose lock is meant. */
export const NODE = 5;
const PAGE_BYTES = 4096;
const LOCKS_AT = ringBytes(CAPACITY_BYTES);
const COUNTER_AT = LOCKS_AT + Math.ceil(NODE_LOCKS_BYTES / PAGE_BYTES) * PAGE_BYTES;
export const SHARED_BYTES = COUNTER_AT + PAGE_BYTES;

/** Memory with a ring, the locks of nodes and a counter, as one process sees it. */
export class SharedRing {
  readonly ring: MappedMemory;
  readonly locks: NodeLocks;
  readonly counter: Int32Array;

  constructor(descriptor: number) {
    this.ring = mapSharedMemory(descriptor, LOCKS_AT);
    this.locks = new NodeLocks(mapSharedMemory(descriptor, NODE_LOCKS_BYTES, LOCKS_AT));
    this.counter = new Int32Array(mapSharedMemory(descriptor, PAGE_BYTES, COUNTER_AT).buffer);
  }
}
