import { FATTR, GETATTR } from '../fuse/flags.ts';
import { OPCODE } from '../fuse/opcodes.ts';
import { ATTRIBUTES_OUT, ENTRY_OUT, GETATTR_IN, SETATTR_IN, STATX_IN, STATX_OUT } from '../fuse/structures.ts';
import { AT, ERROR } from './codes.ts';
import { NO_REPLY, type Operations, type ServedFolder } from './served-folder.ts';
import { mayBeTorn } from './torn-changes.ts';

const UNCHANGED = 0xffffffff;
/** Nanoseconds that mean something else to utimensat(2). */
const NOW = 0x3fffffff;
const OMITTED = 0x3ffffffe;

/** Names and attributes. */
export function lookupOperations(served: ServedFolder): Operations {
  return {
    [OPCODE.lookup]: () => lookup(served),
    [OPCODE.forget]: () => NO_REPLY,
    [OPCODE.batchForget]: () => NO_REPLY,
    [OPCODE.getattr]: () => getattr(served),
    [OPCODE.statx]: () => statx(served),
    [OPCODE.setattr]: () => setattr(served),
  };
}

function lookup(served: ServedFolder): number {
  const { request, nodes } = served;
  const folder = nodes.folder(request.nodeLow, request.nodeHigh);
  if (folder < 0) return folder;
  const outcome = served.entryOf(folder, request.addressOf(0), 0);
  if (outcome === -ERROR.ENOENT) return served.noEntry();
  return outcome < 0 ? outcome : ENTRY_OUT.bytes;
}

/** Reads the status of the request's node, through the open file where the request names one. */
export function lookAtNode(served: ServedFolder, handle: number): number {
  const { request, nodes, node } = served;
  if (handle !== NO_HANDLE) {
    const file = served.handles.at(handle);
    if (file >= 0) return served.look(file, node);
  }
  const file = nodes.borrow(request.nodeLow, request.nodeHigh);
  if (file < 0) return file;
  const outcome = served.look(file, node);
  nodes.giveBack();
  return outcome;
}

export const NO_HANDLE = -1;

function getattr(served: ServedFolder): number {
  const byHandle = (served.request.u32(GETATTR_IN.flags) & GETATTR.handle) !== 0;
  const outcome = lookAtNode(served, byHandle ? GETATTR_IN.handle : NO_HANDLE);
  return outcome < 0 ? outcome : attributes(served);
}

/** Answers with the node's status, which was read. */
export function attributes(served: ServedFolder): number {
  served.reply.clear(0, ATTRIBUTES_OUT.attributes);
  served.valid(ATTRIBUTES_OUT.validSeconds);
  served.node.toAttributes(served.reply, ATTRIBUTES_OUT.attributes);
  return ATTRIBUTES_OUT.bytes;
}

function statx(served: ServedFolder): number {
  const byHandle = (served.request.u32(STATX_IN.getattrFlags) & GETATTR.handle) !== 0;
  const outcome = lookAtNode(served, byHandle ? STATX_IN.handle : NO_HANDLE);
  if (outcome < 0) return outcome;
  served.reply.clear(0, STATX_OUT.statx);
  served.valid(STATX_OUT.validSeconds);
  served.node.whole(served.reply, STATX_OUT.statx);
  return STATX_OUT.bytes;
}

function setattr(served: ServedFolder): number {
  const { request, nodes, locks, recorder } = served;
  const { nodeLow, nodeHigh } = request;
  const file = nodes.borrow(nodeLow, nodeHigh);
  if (file < 0) return file;
  locks.take(nodeLow);
  served.beginChange(nodeLow, nodeHigh);
  const [asked, done, failure] = setInTurn(served, file);
  const looked = served.look(file, served.node);
  const isWhole = asked === done;
  // A size that could not be set is set first, so nothing else is by then.
  const isSize = done === 0 && (asked & FATTR.size) !== 0;
  if (isSize && mayBeTorn(failure)) recorder.recordTorn(nodeLow, nodeHigh, failure);
  else if (done === 0) recorder.cancel(failure);
  else recorder.recordChange(nodeLow, nodeHigh, looked, done, isWhole ? 0 : failure < 0 ? failure : -ERROR.EIO);
  locks.free(nodeLow);
  nodes.giveBack();
  if (failure < 0) return failure;
  if (looked < 0) return looked;
  return isWhole ? attributes(served) : -ERROR.EIO;
}

const SETTABLE = FATTR.mode | FATTR.uid | FATTR.gid | FATTR.size | FATTR.atime | FATTR.mtime;

/** Sets what is asked for, until something is refused. @returns what was asked for, what was set, and the failure. */
function setInTurn(served: ServedFolder, file: number): readonly [number, number, number] {
  const asked = served.request.u32(SETATTR_IN.valid) & SETTABLE;
  let done = 0;
  for (const [bits, set] of STEPS) {
    if ((asked & bits) === 0) continue;
    const outcome = set(served, file);
    if (outcome < 0) return [asked, done, outcome];
    done |= asked & bits;
  }
  return [asked, done, 0];
}

type Step = (served: ServedFolder, file: number) => number;

const STEPS: readonly (readonly [bits: number, set: Step])[] = [
  [FATTR.size, setSize],
  [FATTR.uid | FATTR.gid, setOwner],
  [FATTR.mode, setMode],
  [FATTR.atime | FATTR.mtime, setTimes],
];

function setSize(served: ServedFolder, file: number): number {
  const { request, calls, nodes, handles } = served;
  const valid = request.u32(SETATTR_IN.valid);
  const sizeBytes = request.u64(SETATTR_IN.size);
  const open = (valid & FATTR.handle) === 0 ? NO_HANDLE : handles.at(SETATTR_IN.handle);
  const outcome = open >= 0 ? calls.setFileSize(open, sizeBytes) : calls.setSize(nodes.pathOf(file), sizeBytes);
  if (outcome < 0 || (valid & FATTR.killSuidgid) === 0) return outcome;
  if (served.look(file, served.node) >= 0) served.dropSetId(file, request.nodeLow, request.nodeHigh);
  return outcome;
}

function setOwner(served: ServedFolder, file: number): number {
  const { request, calls, nameless } = served;
  const valid = request.u32(SETATTR_IN.valid);
  const uid = (valid & FATTR.uid) === 0 ? UNCHANGED : request.u32(SETATTR_IN.uid);
  const gid = (valid & FATTR.gid) === 0 ? UNCHANGED : request.u32(SETATTR_IN.gid);
  return calls.setOwner(file, nameless, uid, gid, AT.nameless | AT.noFollow);
}

function setMode(served: ServedFolder, file: number): number {
  const { request, calls, nodes } = served;
  return calls.setMode(nodes.pathOf(file), request.u32(SETATTR_IN.mode) & 0o7777);
}

function setTimes(served: ServedFolder, file: number): number {
  const { request, calls, plan, nameless } = served;
  const valid = request.u32(SETATTR_IN.valid);
  const view = new DataView(plan.memory.bytes.buffer, plan.memory.bytes.byteOffset + plan.times);
  const time = (at: number, field: number, nanosecondField: number, isSet: boolean, isNow: boolean): void => {
    view.setUint32(at, request.u32(field), true);
    view.setUint32(at + 4, request.u32(field + 4), true);
    view.setUint32(at + 8, !isSet ? OMITTED : isNow ? NOW : request.u32(nanosecondField), true);
    view.setUint32(at + 12, 0, true);
  };
  const is = (bit: number): boolean => (valid & bit) !== 0;
  time(0, SETATTR_IN.atime, SETATTR_IN.atimeNanoseconds, is(FATTR.atime), is(FATTR.atimeNow));
  time(16, SETATTR_IN.mtime, SETATTR_IN.mtimeNanoseconds, is(FATTR.mtime), is(FATTR.mtimeNow));
  return calls.setTimes(file, nameless, plan.memory.address + plan.times, AT.nameless);
}
