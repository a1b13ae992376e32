import type { NodeCalls } from '../kernel/node-calls.ts';
import { HANDLE_TABLE_BYTES, HandleTable, OWN_HANDLES_BYTES } from './handle-table.ts';
import { planMemory, THREAD_BYTES } from './memory-plan.ts';
import { makeWayMemory, WAY } from './mount-way.ts';
import { NODE_LOCKS_BYTES, NodeLocks } from './node-locks.ts';
import { NODE_MARKS_BYTES } from './node-marks.ts';
import type { RecordRoom } from './ring-writer.ts';
import { ServedFolder } from './served-folder.ts';
import { NO_ROOM } from './settle.ts';

const ROOT = 3;

/** A folder whose requests stand in memory that begins at address 0. @param ring - for its records; there are none where it is left out. */
export function servedWith(
  makeCalls: (view: DataView) => Partial<NodeCalls>,
  ring: RecordRoom = NO_ROOM,
): {
  readonly served: ServedFolder;
  readonly view: DataView;
} {
  const memory = { bytes: new Uint8Array(THREAD_BYTES), address: 0 };
  const view = new DataView(memory.bytes.buffer);
  const served = new ServedFolder({
    calls: makeCalls(view) as NodeCalls,
    connection: -1,
    plan: planMemory(memory),
    root: ROOT,
    locks: new NodeLocks(new SharedArrayBuffer(NODE_LOCKS_BYTES)),
    ring,
    handles: new HandleTable(new SharedArrayBuffer(HANDLE_TABLE_BYTES), new SharedArrayBuffer(OWN_HANDLES_BYTES)),
    keeper: null,
    mount: 1,
    wayMemory: makeWayMemory(WAY.record),
    marks: new SharedArrayBuffer(NODE_MARKS_BYTES),
    parked: null,
    nowMs: () => 0,
  });
  return { served, view };
}
