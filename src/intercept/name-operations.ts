import { OPCODE } from '../fuse/opcodes.ts';
import { ENTRY_OUT, LINK_IN, MKDIR_IN, MKNOD_IN, RENAME2_IN, RENAME_IN } from '../fuse/structures.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { enter, enterAnew, exchangedBy, leave, lockFor, unlock } from './border.ts';
import { AT, ERROR, RENAME } from './codes.ts';
import { RECORDED } from './record.ts';
import type { Operations, ServedFolder } from './served-folder.ts';

/** Names that come and go. The kernel lets one request at a time change the names in a folder. */
export function nameOperations(served: ServedFolder): Operations {
  return {
    [OPCODE.mkdir]: () => mkdir(served),
    [OPCODE.mknod]: () => mknod(served),
    [OPCODE.symlink]: () => symlink(served),
    [OPCODE.link]: () => link(served),
    [OPCODE.unlink]: () => unlink(served, 0),
    [OPCODE.rmdir]: () => unlink(served, AT.removeFolder),
    [OPCODE.rename]: () => rename(served, RENAME_IN.newFolder, RENAME_IN.names, 0),
    [OPCODE.rename2]: () =>
      rename(served, RENAME2_IN.newFolder, RENAME2_IN.names, served.request.u32(RENAME2_IN.flags)),
    [OPCODE.readlink]: () => readlink(served),
  };
}

const PATH_BYTES_MAX = 4096;

/** Makes something in the folder of the request; as `make` answers. @param file - that it is made of, whose lock is taken. */
function made(served: ServedFolder, nameField: number, make: Make, file?: number): number {
  const { request, nodes, calls } = served;
  const folder = nodes.folder(request.nodeLow, request.nodeHigh);
  if (folder < 0) return folder;
  calls.makeFilesAs(request.uid, request.gid);
  served.beginNames(file);
  const name = request.addressOf(nameField);
  const outcome = makeIn(served, folder, name, make);
  served.endNames();
  if (outcome >= 0) enter(served, folder, name);
  return outcome;
}

type Make = (folder: number, name: number) => number;

function makeIn(served: ServedFolder, folder: number, name: number, make: Make): number {
  const { nodes, recorder } = served;
  const outcome = make(folder, name);
  if (outcome < 0) return recorder.cancel(outcome);
  const found = served.entryOfNew(folder, name, 0);
  if (found < 0) {
    recorder.giveUp();
    return found;
  }
  const looked = served.look(folder, served.folder);
  recorder.record(nodes.low, nodes.high, RECORDED.attributes | (looked < 0 ? 0 : RECORDED.folder));
  return ENTRY_OUT.bytes;
}

function mkdir(served: ServedFolder): number {
  const { request, calls } = served;
  calls.maskModes(request.u32(MKDIR_IN.umask));
  return made(served, MKDIR_IN.name, (folder, name) =>
    calls.makeFolder(folder, name, request.u32(MKDIR_IN.mode) & 0o7777),
  );
}

function mknod(served: ServedFolder): number {
  const { request, calls } = served;
  calls.maskModes(request.u32(MKNOD_IN.umask));
  return made(served, MKNOD_IN.name, (folder, name) =>
    calls.makeNode(folder, name, request.u32(MKNOD_IN.mode), request.u32(MKNOD_IN.device)),
  );
}

function symlink(served: ServedFolder): number {
  const { request, calls } = served;
  const target = request.addressOf(request.behindName(0));
  return made(served, 0, (folder, name) => calls.makeSymlink(target, folder, name));
}

function link(served: ServedFolder): number {
  const { request, nodes, calls, nameless, exclusion } = served;
  const [low, high] = [request.u32(LINK_IN.node), request.u32(LINK_IN.node + 4)];
  const source = nodes.open(low, high, OPEN.path);
  if (source < 0) return source;
  const link: Make = (folder, name) => {
    const linked = calls.link(source, nameless, folder, name, AT.nameless);
    // It has a name now that may be recorded.
    if (linked >= 0) exclusion?.marks.remove(low, high);
    return linked;
  };
  // Its record has the file's attributes, which somebody who writes it may change.
  const outcome = made(served, LINK_IN.name, link, low);
  calls.close(source);
  return outcome;
}

function unlink(served: ServedFolder, flags: number): number {
  const { request, nodes, recorder, progress, files, calls } = served;
  const folder = nodes.folder(request.nodeLow, request.nodeHigh);
  if (folder < 0) return folder;
  const name = request.addressOf(0);
  const victim = nodes.identify(folder, name);
  if (victim < 0) return victim;
  const { low, high } = nodes;
  progress.about(low, high);
  if (flags !== AT.removeFolder) files.losesName(low, high);
  served.beginNames();
  const outcome = calls.unlink(folder, name, flags);
  if (outcome < 0) recorder.cancel(outcome);
  else {
    if (flags === AT.removeFolder) {
      nodes.forgetFolder(low);
      served.exclusion?.marks.remove(low, high);
    }
    const looked = served.look(folder, served.folder);
    recorder.record(low, high, looked < 0 ? 0 : RECORDED.folder);
  }
  served.endNames();
  return Math.min(outcome, 0);
}

function rename(served: ServedFolder, newFolderField: number, namesField: number, flags: number): number {
  const { request, nodes, recorder, progress, calls, exclusion } = served;
  // It would leave a node behind that no record tells of.
  if ((flags & RENAME.whiteout) !== 0) return -ERROR.EINVAL;
  const folder = nodes.folder(request.nodeLow, request.nodeHigh);
  if (folder < 0) return folder;
  const newFolder = nodes.folder(request.u32(newFolderField), request.u32(newFolderField + 4));
  if (newFolder < 0) return newFolder;
  const name = request.addressOf(namesField);
  const moved = nodes.identify(folder, name);
  if (moved < 0) return moved;
  const { low, high } = nodes;
  const newName = request.addressOf(request.behindName(namesField));
  const there = nodes.identify(newFolder, newName) < 0 ? null : { low: nodes.low, high: nodes.high };
  progress.about(low, high, there?.low ?? 0, there?.high ?? 0);
  if (there !== null && flags === 0) served.files.losesName(there.low, there.high);
  const move = {
    low: request.nodeLow,
    high: request.nodeHigh,
    newLow: request.u32(newFolderField),
    newHigh: request.u32(newFolderField + 4),
    moved: { low, high },
    exchanged: exchangedBy(flags, there),
  };
  const kind = exclusion === null ? null : lockFor(served, exclusion, move);
  if (served.isPassive || (kind === 'inside' && exclusion?.isHiding === true)) recorder.pass();
  else recorder.begin();
  const outcome = calls.rename(folder, name, newFolder, newName, flags);
  if (outcome < 0) recorder.cancel(outcome);
  else {
    if (exclusion !== null && kind !== null) leave(exclusion, kind, move);
    const looked = Math.min(served.look(folder, served.folder), served.look(newFolder, served.otherFolder));
    recorder.record(low, high, looked < 0 ? 0 : RECORDED.folder | RECORDED.otherFolder);
  }
  if (kind !== null) unlock(served, kind, move);
  if (outcome >= 0) enterAnew(served, newFolder, newName, move.newLow, move.newHigh);
  return Math.min(outcome, 0);
}

function readlink(served: ServedFolder): number {
  const { request, reply, nodes, calls, nameless } = served;
  const file = nodes.borrow(request.nodeLow, request.nodeHigh);
  if (file < 0) return file;
  const length = calls.readLink(file, nameless, reply.addressOf(0), PATH_BYTES_MAX);
  nodes.giveBack();
  return length;
}
