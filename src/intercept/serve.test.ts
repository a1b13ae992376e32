import { expect, it } from 'vitest';
import { OPCODE } from '../fuse/opcodes.ts';
import { IN_HEADER } from '../fuse/structures.ts';
import type { NodeCalls } from '../kernel/node-calls.ts';
import { HANDLE_TABLE_BYTES, OWN_HANDLES_BYTES } from './handle-table.ts';
import { THREAD_BYTES } from './memory-plan.ts';
import { makeWayMemory, WAY } from './mount-way.ts';
import { NODE_LOCKS_BYTES, NodeLocks } from './node-locks.ts';
import { NODE_MARKS_BYTES } from './node-marks.ts';
import { ringBytes } from './ring-memory.ts';
import { serve } from './serve.ts';

const RING_BYTES = 4 * 1024 * 1024;
const REQUESTS_BEFORE = 3;
const REQUESTS_MAX = 100;

it('a thread that is to end does so also where there is always another request', () => {
  const bytes = new Uint8Array(THREAD_BYTES);
  const view = new DataView(bytes.buffer);
  const locks = new SharedArrayBuffer(NODE_LOCKS_BYTES);
  let requests = 0;
  const calls: Partial<NodeCalls> = {
    becomeServer: () => 0,
    handleAt: () => 0,
    openWaiter: () => 0,
    close: () => 0,
    read(_connection, into) {
      requests += 1;
      if (requests === REQUESTS_BEFORE) new NodeLocks(locks).end();
      if (requests === REQUESTS_MAX) throw new Error('it goes on');
      view.setUint32(into + IN_HEADER.opcode, OPCODE.forget, true);
      return IN_HEADER.bytes;
    },
  };
  const ended = serve({
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
    excluded: [],
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
  expect([ended, requests]).toEqual([{ kind: 'asked' }, REQUESTS_BEFORE]);
});
