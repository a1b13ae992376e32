import { SETXATTR_ACL_KILL_SGID } from '../fuse/flags.ts';
import { OPCODE } from '../fuse/opcodes.ts';
import { GETXATTR_IN, GETXATTR_OUT, SETXATTR_IN } from '../fuse/structures.ts';
import { ERROR, MODE } from './codes.ts';
import type { Operations, ServedFolder } from './served-folder.ts';

/** The kernel's own bound (XATTR_SIZE_MAX and XATTR_LIST_MAX). */
const VALUE_BYTES_MAX = 65_536;
/** Flag of setxattr(2). */
export const XATTR_CREATE = 1;

const CAPABILITIES = Buffer.from('security.capability\0');

/** Names that only root is told of. */
const HIDDEN = Buffer.from('trusted.');

/** Extended attributes, access control lists among them: their check is the kernel's. */
export function xattrOperations(served: ServedFolder): Operations {
  return {
    [OPCODE.setxattr]: () => setxattr(served),
    [OPCODE.removexattr]: () => removexattr(served),
    [OPCODE.getxattr]: () => getxattr(served),
    [OPCODE.listxattr]: () => listxattr(served),
  };
}

/**
 * Changes the attributes of the request's node, and records it.
 * @param changes - does the call change anything? That it can't is found before it is begun: a process that takes over has
 *   to know that it was this request that did it.
 */
function changed(
  served: ServedFolder,
  change: (path: number, file: number) => number,
  changes: (path: number) => boolean = () => true,
): number {
  const { request, nodes, locks, recorder } = served;
  const { nodeLow, nodeHigh } = request;
  const file = nodes.borrow(nodeLow, nodeHigh);
  if (file < 0) return file;
  locks.take(nodeLow);
  const isChange = changes(nodes.pathOf(file));
  if (isChange) served.beginChange(nodeLow, nodeHigh);
  const outcome = change(nodes.pathOf(file), file);
  if (!isChange || outcome < 0) recorder.cancel(outcome);
  else recorder.recordChange(nodeLow, nodeHigh, served.look(file, served.node));
  locks.free(nodeLow);
  nodes.giveBack();
  return Math.min(outcome, 0);
}

function setxattr(served: ServedFolder): number {
  const { request, calls, node, plain } = served;
  const name = request.addressOf(SETXATTR_IN.names);
  const value = request.addressOf(request.behindName(SETXATTR_IN.names));
  const size = Math.min(request.u32(SETXATTR_IN.size), VALUE_BYTES_MAX);
  const dropsGroup = (request.u32(SETXATTR_IN.setxattrFlags) & SETXATTR_ACL_KILL_SGID) !== 0;
  const flags = request.u32(SETXATTR_IN.flags);
  if (request.isAt(SETXATTR_IN.names, CAPABILITIES)) plain.remove(request.nodeLow);
  const isNew = (path: number): boolean => (flags & XATTR_CREATE) === 0 || calls.getXattr(path, name, 0, 0) < 0;
  return changed(served, change, isNew);

  function change(path: number, file: number): number {
    const set = calls.setXattr(path, name, value, size, flags);
    if (set < 0 || !dropsGroup) return set;
    // As after a write: the list stands, whatever becomes of the mode, which is in the record as it then is.
    if (served.look(file, node) >= 0 && (node.mode & MODE.setgid) !== 0) {
      calls.setMode(path, node.mode & 0o7777 & ~MODE.setgid);
    }
    return set;
  }
}

function removexattr(served: ServedFolder): number {
  const { request, calls } = served;
  const name = request.addressOf(0);
  return changed(
    served,
    (path) => calls.removeXattr(path, name),
    (path) => calls.getXattr(path, name, 0, 0) >= 0,
  );
}

function getxattr(served: ServedFolder): number {
  const { request, calls, plain } = served;
  const mayBePlain = !served.isPassive && request.isAt(GETXATTR_IN.bytes, CAPABILITIES);
  if (mayBePlain && plain.has(request.nodeLow, request.nodeHigh)) return -ERROR.ENODATA;
  const name = request.addressOf(GETXATTR_IN.bytes);
  return looked(served, (path, into, size) => calls.getXattr(path, name, into, size));
}

function listxattr(served: ServedFolder): number {
  const { request, reply, calls } = served;
  if (request.uid === 0) return looked(served, (path, into, size) => calls.listXattr(path, into, size));
  return looked(served, (path, _, size) => {
    const found = calls.listXattr(path, reply.addressOf(0), VALUE_BYTES_MAX);
    if (found <= 0) return found;
    const left = reply.leaveOutNames(found, HIDDEN);
    return size > 0 && left > size ? -ERROR.ERANGE : left;
  });
}

/** Answers with what was found, or, where no room was offered, with its size. */
function looked(served: ServedFolder, look: (path: number, into: number, size: number) => number): number {
  const { request, reply, nodes } = served;
  const file = nodes.borrow(request.nodeLow, request.nodeHigh);
  if (file < 0) return file;
  const size = Math.min(request.u32(GETXATTR_IN.size), VALUE_BYTES_MAX);
  const outcome = look(nodes.pathOf(file), size === 0 ? 0 : reply.addressOf(0), size);
  nodes.giveBack();
  if (outcome < 0 || size > 0) return outcome;
  reply.u32(GETXATTR_OUT.size, outcome);
  reply.u32(GETXATTR_OUT.padding, 0);
  return GETXATTR_OUT.bytes;
}
