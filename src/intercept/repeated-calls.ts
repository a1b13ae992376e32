import { FILE_HANDLE, RENAME2_IN, RENAME_IN, STATX, WRITE_IN } from '../fuse/structures.ts';
import { OPCODE } from '../fuse/opcodes.ts';
import type { NodeCalls } from '../kernel/node-calls.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { ERROR, RENAME } from './codes.ts';
import type { ServedFolder } from './served-folder.ts';
import { XATTR_CREATE } from './xattr-operations.ts';

/*
 * Calls for a request that may have been carried out before, by a process that has ended. The kernel saw to it that what
 * is to be made was not there and what is to go was, and lets nobody else change the folder until the request is
 * answered. So what is found done was done by this request, and counts as a success.
 */

type Needed = Pick<ServedFolder, 'plan' | 'request' | 'progress' | 'handles' | 'look' | 'otherFolder'>;

const HIGH = 2 ** 32;

/** @param of - the request, and how far it was. */
export function repeatedCalls(calls: NodeCalls, of: Needed): NodeCalls {
  const { request } = of;
  const existed = (outcome: number): number => (outcome === -ERROR.EEXIST ? 0 : outcome);
  const rest: NodeCalls = {
    ...calls,
    makeFolder: (...args) => existed(calls.makeFolder(...args)),
    makeNode: (...args) => existed(calls.makeNode(...args)),
    makeSymlink: (...args) => existed(calls.makeSymlink(...args)),
    link: (...args) => existed(calls.link(...args)),
    // Of a file without a name the flag means something else.
    openAt: (folder, name, flags, mode) =>
      calls.openAt(folder, name, request.opcode === OPCODE.create ? flags & ~OPEN.exclusive : flags, mode),
    setXattr: (path, name, value, length, flags) => calls.setXattr(path, name, value, length, flags & ~XATTR_CREATE),
    removeXattr(path, name) {
      const outcome = calls.removeXattr(path, name);
      return outcome === -ERROR.ENODATA ? 0 : outcome;
    },
    unlink(folder, name, flags) {
      const outcome = calls.unlink(folder, name, flags);
      return outcome === -ERROR.ENOENT ? 0 : outcome;
    },
  };
  switch (request.opcode) {
    case OPCODE.write:
      return of.handles.isAppending(WRITE_IN.handle) ? { ...rest, writeAt: appended(calls, of) } : rest;
    // Before, it changed something; now it is not asked again.
    case OPCODE.setxattr:
      return { ...rest, getXattr: () => -ERROR.ENODATA };
    case OPCODE.removexattr:
      return { ...rest, getXattr: () => 0 };
    case OPCODE.unlink:
    case OPCODE.rmdir:
      return { ...rest, handleAt: namesGone(calls, of) };
    case OPCODE.rename:
      return { ...rest, ...renamed(calls, of, RENAME_IN.names, 0) };
    case OPCODE.rename2:
      return { ...rest, ...renamed(calls, of, RENAME2_IN.names, request.u32(RENAME2_IN.flags)) };
    default:
      return rest;
  }
}

/** What lies where it was to be written was appended before. */
function appended(calls: NodeCalls, of: Needed): NodeCalls['writeAt'] {
  return (file, from, length, position) => {
    if (of.look(file, of.otherFolder) < 0) return calls.writeAt(file, from, length, position);
    const end = of.otherFolder.word(STATX.size) + of.otherFolder.word(STATX.size + 4) * HIGH;
    const done = Math.min(Math.max(end - position, 0), length);
    if (done === length) return length;
    const more = calls.writeAt(file, from + done, length - done, position + done);
    return more < 0 && done === 0 ? more : done + Math.max(more, 0);
  };
}

type Identify = NodeCalls['handleAt'];

/** The name that is to go led to the node that the request noted. */
function namesGone(calls: NodeCalls, { plan, request, progress }: Needed): Identify {
  const view = viewOf(plan);
  return (folder, name, handle, mountId, flags) => {
    const outcome = calls.handleAt(folder, name, handle, mountId, flags);
    if (name !== request.addressOf(0) || outcome !== -ERROR.ENOENT) return outcome;
    setHandle(view, plan.handle, progress.low, progress.high);
    return 0;
  };
}

/** Both names lead to the nodes that the request noted, whether they were exchanged, or one was given the other's place. */
function renamed(
  calls: NodeCalls,
  { plan, request, progress }: Needed,
  namesField: number,
  renameFlags: number,
): Pick<NodeCalls, 'handleAt' | 'rename'> {
  const view = viewOf(plan);
  const isExchange = (renameFlags & RENAME.exchange) !== 0;
  const [first, second] = [namesField, request.behindName(namesField)].map((field) => request.addressOf(field));
  const isAt = (low: number, high: number): boolean =>
    view.getUint32(plan.handle + FILE_HANDLE.low, true) === low &&
    view.getUint32(plan.handle + FILE_HANDLE.high, true) === high;
  const { low, high, otherLow, otherHigh } = progress;
  let isDone = false;
  return {
    handleAt(folder, name, handle, mountId, flags) {
      const outcome = calls.handleAt(folder, name, handle, mountId, flags);
      if (name === first) {
        isDone = isExchange
          ? outcome >= 0 && isAt(otherLow, otherHigh) && !(low === otherLow && high === otherHigh)
          : outcome === -ERROR.ENOENT;
      }
      if (!isDone || (name !== first && name !== second)) return outcome;
      if (name === first) setHandle(view, plan.handle, low, high);
      else if (isExchange) setHandle(view, plan.handle, otherLow, otherHigh);
      return 0;
    },
    rename: (...args) => (isDone ? 0 : calls.rename(...args)),
  };
}

function viewOf({ memory: { bytes } }: Needed['plan']): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function setHandle(view: DataView, at: number, low: number, high: number): void {
  view.setUint32(at + FILE_HANDLE.low, low, true);
  view.setUint32(at + FILE_HANDLE.high, high, true);
}
