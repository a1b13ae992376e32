import { OPEN_KILL_SUIDGID } from '../fuse/flags.ts';
import { OPCODE } from '../fuse/opcodes.ts';
import { CREATE_IN, ENTRY_OUT, OPEN_IN, OPEN_OUT, RELEASE_IN } from '../fuse/structures.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { enter } from './border.ts';
import { ERROR } from './codes.ts';
import { OPENED } from './mount-way.ts';
import { RECORDED } from './record.ts';
import type { Operations, ServedFolder } from './served-folder.ts';
import { mayBeTorn } from './torn-changes.ts';

/** The kernel's own flag of a file that is opened to be executed (__FMODE_EXEC). */
const FOR_EXECUTION = 0o40;

/** Open files: made, opened, closed. */
export function openOperations(served: ServedFolder): Operations {
  return {
    [OPCODE.open]: () => open(served),
    [OPCODE.create]: () => create(served),
    [OPCODE.tmpfile]: () => tmpfile(served),
    [OPCODE.release]: () => release(served),
    // Answered so once, they are asked for no more: nothing is to be done when a file is closed by one of its holders.
    [OPCODE.flush]: () => -ERROR.ENOSYS,
  };
}

/**
 * Flags under which a file is opened underneath, out of those it is opened with; the others are the kernel's affair.
 * It also asks for the sync itself that belongs to each write of O_SYNC and O_DSYNC.
 */
function flagsOf(served: ServedFolder, asked: number): number {
  return asked & (OPEN.access | served.calls.flags.direct | OPEN.truncate | OPEN.noAccessTime);
}

/** Those of them under which it is opened once more. */
function flagsAgain(served: ServedFolder, flags: number): number {
  return flags & (OPEN.access | served.calls.flags.direct | OPEN.noAccessTime | OPEN.append);
}

/** Is all that is done to the file to be durable before it counts as done? */
function isSynchronous(served: ServedFolder, asked: number): boolean {
  return (asked & served.calls.flags.dataSync) !== 0;
}

function open(served: ServedFolder): number {
  const { request, nodes, handles } = served;
  const flags = flagsOf(served, request.u32(OPEN_IN.flags));
  const { nodeLow, nodeHigh } = request;
  let file =
    (flags & OPEN.truncate) === 0
      ? nodes.open(nodeLow, nodeHigh, flags)
      : openEmptied(served, nodeLow, nodeHigh, flags);
  // What may only be appended to (chattr(1), +a) is opened in no other way; at the end is where the kernel writes then.
  const appends = request.u32(OPEN_IN.flags) & OPEN.append;
  const appendsWhere = file === -ERROR.EPERM ? appends : 0;
  if (appendsWhere !== 0) file = nodes.open(nodeLow, nodeHigh, flags | appends);
  if (file < 0) return file;
  const given = { low: nodeLow, high: nodeHigh, flags: flagsAgain(served, flags | appendsWhere) };
  const outcome = handles.give(file, given, isSynchronous(served, request.u32(OPEN_IN.flags)), 0);
  if (outcome < 0) return outcome;
  noteOpened(served, file, { low: nodeLow, high: nodeHigh }, request.u32(OPEN_IN.flags));
  // What others changed underneath since it was open last is read anew.
  if (served.isPassive) served.reply.u32(OPEN_OUT.openFlags, 0);
  return OPEN_OUT.bytes;
}

function noteOpened(
  { request, opened, known }: ServedFolder,
  file: number,
  node: { readonly low: number; readonly high: number },
  flags: number,
): void {
  const how =
    ((flags & OPEN.access) === 0 ? 0 : OPENED.forWriting) | ((flags & FOR_EXECUTION) === 0 ? 0 : OPENED.asProgram);
  opened.open(file, node, request.threadId, how);
  known.add(node.low);
}

function openEmptied(served: ServedFolder, nodeLow: number, nodeHigh: number, flags: number): number {
  const { request, nodes, locks, recorder } = served;
  locks.take(nodeLow);
  served.beginChange(nodeLow, nodeHigh);
  const file = nodes.open(nodeLow, nodeHigh, flags);
  if (file >= 0) {
    const looked = served.look(file, served.node);
    const drops = (request.u32(OPEN_IN.openFlags) & OPEN_KILL_SUIDGID) !== 0;
    if (drops && looked >= 0) served.dropSetId(file, nodeLow, nodeHigh);
    recorder.recordChange(nodeLow, nodeHigh, looked);
  } else if (mayBeTorn(file)) recorder.recordTorn(nodeLow, nodeHigh, file);
  else recorder.cancel(file);
  locks.free(nodeLow);
  return file;
}

function create(served: ServedFolder): number {
  const { request, nodes, recorder, calls } = served;
  const folder = nodes.folder(request.nodeLow, request.nodeHigh);
  if (folder < 0) return folder;
  const asked = request.u32(CREATE_IN.flags);
  const flags = flagsOf(served, asked) | OPEN.create | calls.flags.noFollow;
  calls.maskModes(request.u32(CREATE_IN.umask));
  calls.makeFilesAs(request.uid, request.gid);
  served.beginNames();
  const name = request.addressOf(CREATE_IN.name);
  const mode = request.u32(CREATE_IN.mode) & 0o7777;
  const made = calls.openAt(folder, name, flags | OPEN.exclusive, mode);
  // The kernel found no such name, so one that is there was made past the mount.
  const isThere = made === -ERROR.EEXIST && (asked & OPEN.exclusive) === 0;
  const file = isThere ? calls.openAt(folder, name, flags, mode) : made;
  const outcome = file < 0 ? recorder.cancel(file) : created(served, folder, file, !isThere);
  served.endNames();
  if (outcome >= 0) enter(served, folder, name);
  return outcome;
}

function created(served: ServedFolder, folder: number, file: number, isNew: boolean): number {
  const { nodes, plain } = served;
  const looked = served.look(folder, served.folder);
  const outcome = opened(served, file, RECORDED.attributes | (looked < 0 ? 0 : RECORDED.folder));
  if (outcome < 0) return outcome;
  if (isNew && !served.isPassive) plain.add(nodes.low, nodes.high);
  return outcome;
}

function tmpfile(served: ServedFolder): number {
  const { request, nodes, recorder, calls, plan } = served;
  const folder = nodes.folder(request.nodeLow, request.nodeHigh);
  if (folder < 0) return folder;
  const asked = request.u32(CREATE_IN.flags);
  const flags = flagsOf(served, asked) | (asked & OPEN.exclusive) | calls.flags.unnamed;
  calls.maskModes(request.u32(CREATE_IN.umask));
  calls.makeFilesAs(request.uid, request.gid);
  if (served.isPassive) recorder.pass();
  else recorder.begin();
  const file = calls.openAt(folder, plan.memory.address + plan.self, flags, request.u32(CREATE_IN.mode) & 0o7777);
  if (file < 0) return recorder.cancel(file);
  const outcome = opened(served, file, RECORDED.attributes);
  if (outcome >= 0) served.files.made(nodes.low, nodes.high);
  return outcome;
}

/** Answers with the entry of a file that was made, and its handle. */
function opened(served: ServedFolder, file: number, recorded: number): number {
  const { request, nodes, calls, handles, recorder } = served;
  const outcome = served.entryOfOpen(file, 0);
  if (outcome < 0) {
    recorder.giveUp();
    calls.close(file);
    return outcome;
  }
  recorder.record(nodes.low, nodes.high, recorded);
  const asked = request.u32(CREATE_IN.flags);
  const given = { low: nodes.low, high: nodes.high, flags: flagsAgain(served, flagsOf(served, asked)) };
  const handed = handles.give(file, given, isSynchronous(served, asked), ENTRY_OUT.bytes);
  if (handed < 0) return handed;
  noteOpened(served, file, nodes, asked);
  return ENTRY_OUT.bytes + OPEN_OUT.bytes;
}

function release(served: ServedFolder): number {
  served.handles.free(RELEASE_IN.handle);
  return 0;
}
