import { expect, it } from 'vitest';
import { OPCODE } from '../fuse/opcodes.ts';
import { IN_HEADER } from '../fuse/structures.ts';
import type { NodeCalls } from '../kernel/node-calls.ts';
import { ERROR } from './codes.ts';
import { HANDLE_TABLE_BYTES, OWN_HANDLES_BYTES } from './handle-table.ts';
import { THREAD_BYTES } from './memory-plan.ts';
import { makeWayMemory, WAY } from './mount-way.ts';
import { NODE_LOCKS_BYTES, NodeLocks } from './node-locks.ts';
import { NODE_MARKS_BYTES } from './node-marks.ts';
import { ringBytes } from './ring-memory.ts';
import { type Ended, serve } from './serve.ts';

const RING_BYTES = 4 * 1024 * 1024;
const REQUESTS_BEFORE = 3;
const REQUESTS_MAX = 100;

const WAITED = 80;

/** @param read - a request that was there, or minus the number of an error. */
function serveWith(locks: SharedArrayBuffer, given: { read: () => number; wait?: () => number }): Ended {
  const bytes = new Uint8Array(THREAD_BYTES);
  const view = new DataView(bytes.buffer);
  const calls: Partial<NodeCalls> = {
    becomeServer: () => 0,
    handleAt: () => 0,
    openWaiter: () => 0,
    close: () => 0,
    wait: () => given.wait?.() ?? 0,
    read(_connection, into) {
      const got = given.read();
      if (got > 0) view.setUint32(into + IN_HEADER.opcode, OPCODE.forget, true);
      return got;
    },
  };
  return serve({
    calls: calls as NodeCalls,
    connection: 3,
    root: 4,
    wake: 5,
    mountList: 6,
    kept: {
      locks,
      marks: new SharedArrayBuffer(NODE_MARKS_BYTES),
      handles: new SharedArrayBuffer(HANDLE_TABLE_BYTES),
      threads: [{ bytes, address: 0 }],
    },
    wayMemory: makeWayMemory(WAY.record),
    ownHandles: new SharedArrayBuffer(OWN_HANDLES_BYTES),
    ring: new SharedArrayBuffer(ringBytes(RING_BYTES)),
    thread: 0,
    firstThread: 0,
    mount: 0,
    readerWake: null,
    replies: null,
    nowMs: () => 0,
    takeover: null,
    fileKeeper: null,
    onAgreement: () => {},
    onAttempts: () => {},
    describe: () => null,
    onMounts: () => {},
    onSettled: () => {},
  });
}

it('a thread that is to end does so also where there is always another request', () => {
  const locks = new SharedArrayBuffer(NODE_LOCKS_BYTES);
  let requests = 0;
  const ended = serveWith(locks, {
    read() {
      requests += 1;
      if (requests === REQUESTS_BEFORE) new NodeLocks(locks).end();
      if (requests === REQUESTS_MAX) throw new Error('it goes on');
      return IN_HEADER.bytes;
    },
  });
  expect([ended, requests]).toEqual([{ kind: 'asked' }, REQUESTS_BEFORE]);
});

/** Requests of programs that each wait for an answer before they ask for the next: so many of them at once. */
function askedBy(programs: number): { readonly waits: number; readonly inVain: number } {
  const locks = new SharedArrayBuffer(NODE_LOCKS_BYTES);
  let [there, requests, waits, inVain] = [0, 0, 0, 0];
  serveWith(locks, {
    wait() {
      waits += 1;
      there = programs;
      return 3;
    },
    read() {
      if (there === 0) {
        inVain += 1;
        return -ERROR.EAGAIN;
      }
      there -= 1;
      requests += 1;
      if (requests === WAITED) new NodeLocks(locks).end();
      return IN_HEADER.bytes;
    },
  });
  return { waits, inVain };
}

it('a thread that waits for each request looks for the next one only now and then', () => {
  const { waits, inVain } = askedBy(1);
  expect([waits, inVain <= WAITED / 8 + 1]).toEqual([WAITED, true]);
});

it('where requests come faster than they are answered, it is not waited for each', () => {
  expect(askedBy(WAITED).waits).toBeLessThanOrEqual(9);
});
