import { OPCODES_MAX } from '../fuse/opcodes.ts';
import type { NodeCalls } from '../kernel/node-calls.ts';
import { ERROR } from './codes.ts';
import { dataOperations } from './data-operations.ts';
import { folderOperations } from './folder-operations.ts';
import { HandleTable } from './handle-table.ts';
import { lookupOperations } from './lookup-operations.ts';
import type { MemoryPlan } from './memory-plan.ts';
import { nameOperations } from './name-operations.ts';
import { NodeLocks } from './node-locks.ts';
import { openOperations } from './open-operations.ts';
import { ParkedReplies } from './parked-replies.ts';
import type { RecordRoom } from './ring-writer.ts';
import type { ServeOptions } from './serve-options.ts';
import { type Operation, ServedFolder } from './served-folder.ts';
import { type Agreement, sessionOperations } from './session-operations.ts';
import { xattrOperations } from './xattr-operations.ts';

/** What a thread's operations work with. @param plan - its memory. */
export function servedFolder(
  options: ServeOptions,
  plan: MemoryPlan,
  ring: RecordRoom,
  calls: NodeCalls = options.calls,
): ServedFolder {
  const { connection, root, kept, wayMemory, mount } = options;
  const handles = new HandleTable(kept.handles, options.ownHandles);
  return new ServedFolder({
    calls,
    connection,
    plan,
    root,
    locks: new NodeLocks(kept.locks),
    wayMemory,
    ring,
    handles,
    keeper: options.fileKeeper,
    mount,
    marks: kept.marks,
    parked: options.replies === null ? null : new ParkedReplies(options.replies),
    nowMs: options.nowMs,
  });
}

/** Every operation by its opcode. */
export function operationsOf(served: ServedFolder, onAgreement: (agreement: Agreement) => void): readonly Operation[] {
  const known = {
    ...sessionOperations(served, onAgreement),
    ...lookupOperations(served),
    ...openOperations(served),
    ...dataOperations(served),
    ...nameOperations(served),
    ...folderOperations(served),
    ...xattrOperations(served),
  };
  const unknown: Operation = () => -ERROR.ENOSYS;
  return Array.from({ length: OPCODES_MAX }, (_, opcode) => known[opcode] ?? unknown);
}
