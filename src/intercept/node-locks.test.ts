import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { LocksOver, NODE_LOCKS_BYTES, NodeLocks } from './node-locks.ts';

const HOLDER = new URL('node-locks.testing.ts', import.meta.url);

describe('locks of nodes', () => {
  it('are one for numbers that are equal in their lowest bits, and taken together where they are one', () => {
    const locks = new NodeLocks(new SharedArrayBuffer(NODE_LOCKS_BYTES));
    locks.takeBoth(7, 7 + 1024);
    locks.freeBoth(7, 7 + 1024);
    locks.takeBoth(8, 7);
    locks.freeBoth(8, 7);
    locks.take(7);
    locks.free(7);
    expect(() => locks.takeBoth(7, 8)).not.toThrow();
  });

  it('let nobody wait for a thread that died with one, once they are over', async () => {
    const memory = new SharedArrayBuffer(NODE_LOCKS_BYTES);
    const dead = new Worker(HOLDER, { workerData: memory });
    await once(dead, 'exit');
    // It waits for good, as the other one never frees what it took.
    const waiter = new Worker(HOLDER, { workerData: memory });
    await once(waiter, 'message');
    new NodeLocks(memory).end();
    const [error] = (await once(waiter, 'error')) as [Error];
    expect(error.name).toBe('LocksOver');
    expect(() => new NodeLocks(memory).take(5)).toThrow(LocksOver);
  });
});
