import { beforeEach, expect, it } from 'vitest';
import { OPCODE } from '../fuse/opcodes.ts';
import { ATTRIBUTES, ENTRY_OUT, FILE_HANDLE, IN_HEADER, OUT_HEADER, STATX } from '../fuse/structures.ts';
import type { NodeCalls } from '../kernel/node-calls.ts';
import { ERROR } from './codes.ts';
import { HANDLE_TABLE_BYTES, HandleTable, OWN_HANDLES_BYTES } from './handle-table.ts';
import { planMemory, THREAD_BYTES } from './memory-plan.ts';
import { makeWayMemory, WAY } from './mount-way.ts';
import { NODE_LOCKS_BYTES, NodeLocks } from './node-locks.ts';
import { operationsOf } from './operations.ts';
import { ServedFolder } from './served-folder.ts';
import { NO_ROOM } from './settle.ts';

const ROOT = 3;
const OLD = { inode: 12, sizeBytes: 4096 };
const NEW = { inode: 13, sizeBytes: 5 };

let named: { readonly inode: number; readonly sizeBytes: number };
/** What happens between two calls of the kernel. */
let meanwhile: () => void;
let view: DataView;
let served: ServedFolder;

beforeEach(() => {
  named = OLD;
  meanwhile = () => {};
  const memory = { bytes: new Uint8Array(THREAD_BYTES), address: 0 };
  view = new DataView(memory.bytes.buffer);
  const calls: Partial<NodeCalls> = {
    handleAt(_folder, _name, handle) {
      view.setUint32(handle + FILE_HANDLE.low, named.inode, true);
      meanwhile();
      return 0;
    },
    statx(_folder, _name, _flags, _mask, into) {
      view.setUint32(into + STATX.inode, named.inode, true);
      view.setUint32(into + STATX.size, named.sizeBytes, true);
      return 0;
    },
  };
  served = new ServedFolder({
    calls: calls as NodeCalls,
    connection: -1,
    plan: planMemory(memory),
    root: ROOT,
    locks: new NodeLocks(new SharedArrayBuffer(NODE_LOCKS_BYTES)),
    ring: NO_ROOM,
    handles: new HandleTable(new SharedArrayBuffer(HANDLE_TABLE_BYTES), new SharedArrayBuffer(OWN_HANDLES_BYTES)),
    keeper: null,
    mount: 1,
    wayMemory: makeWayMemory(WAY.record),
    exclusion: null,
    parked: null,
    nowMs: () => 0,
  });
  view.setUint32(served.plan.request + IN_HEADER.node, 1, true);
});

/** Asks for a name in the root. @returns what is told of it, or the number of an error. */
function lookup(): { readonly inode: number; readonly sizeBytes: number } | number {
  const outcome = operationsOf(served, () => {})[OPCODE.lookup]?.() ?? 0;
  if (outcome < 0) return -outcome;
  const body = served.plan.reply + OUT_HEADER.bytes;
  return {
    inode: view.getUint32(body + ENTRY_OUT.node, true),
    sizeBytes: view.getUint32(body + ENTRY_OUT.attributes + ATTRIBUTES.size, true),
  };
}

it('a name that another file gets while it is looked up is that of one of them, with the size of the same', () => {
  meanwhile = () => {
    named = NEW;
  };
  expect(lookup()).toEqual(NEW);
});

it('one that is always another file’s is left to the kernel to look up anew', () => {
  meanwhile = () => {
    named = { inode: named.inode + 1, sizeBytes: 0 };
  };
  expect(lookup()).toBe(ERROR.ESTALE);
});
