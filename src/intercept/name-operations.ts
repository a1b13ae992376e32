import { OPCODE } from '../fuse/opcodes.ts';
import { ENTRY_OUT, LINK_IN, MKDIR_IN, MKNOD_IN, RENAME2_IN, RENAME_IN } from '../fuse/structures.ts';
import { OPEN } from '../kernel/open-flags.ts';
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

/** Makes something in the folder of the request; as `make` answers. */
function made(served: ServedFolder, nameField: number, make: (folder: number, name: number) => number): number {
  const { request, nodes, recorder, calls } = served;
  const folder = nodes.folder(request.nodeLow, request.nodeHigh);
  if (folder < 0) return folder;
  const name = request.addressOf(nameField);
  calls.makeFilesAs(request.uid, request.gid);
  recorder.begin();
  const outcome = make(folder, name);
  if (outcome < 0) return recorder.cancel(outcome);
  const found = served.entryOf(folder, name, 0);
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
  const { request, nodes, locks, calls, nameless } = served;
  const low = request.u32(LINK_IN.node);
  const source = nodes.open(low, request.u32(LINK_IN.node + 4), OPEN.path);
  if (source < 0) return source;
  // Its record has the file's attributes, which somebody who writes it may change.
  locks.take(low);
  const outcome = made(served, LINK_IN.name, (folder, name) => calls.link(source, nameless, folder, name, AT.nameless));
  locks.free(low);
  calls.close(source);
  return outcome;
}

function unlink(served: ServedFolder, flags: number): number {
  const { request, nodes, recorder, calls } = served;
  const folder = nodes.folder(request.nodeLow, request.nodeHigh);
  if (folder < 0) return folder;
  const name = request.addressOf(0);
  const victim = nodes.identify(folder, name);
  if (victim < 0) return victim;
  recorder.begin();
  const outcome = calls.unlink(folder, name, flags);
  if (outcome < 0) return recorder.cancel(outcome);
  if (flags === AT.removeFolder) nodes.forgetFolder(nodes.low);
  const looked = served.look(folder, served.folder);
  recorder.record(nodes.low, nodes.high, looked < 0 ? 0 : RECORDED.folder);
  return 0;
}

function rename(served: ServedFolder, newFolderField: number, namesField: number, flags: number): number {
  const { request, nodes, recorder, calls } = served;
  // It would leave a node behind that no record tells of.
  if ((flags & RENAME.whiteout) !== 0) return -ERROR.EINVAL;
  const folder = nodes.folder(request.nodeLow, request.nodeHigh);
  if (folder < 0) return folder;
  const newFolder = nodes.folder(request.u32(newFolderField), request.u32(newFolderField + 4));
  if (newFolder < 0) return newFolder;
  const name = request.addressOf(namesField);
  const moved = nodes.identify(folder, name);
  if (moved < 0) return moved;
  const newName = request.addressOf(request.behindName(namesField));
  recorder.begin();
  const outcome = calls.rename(folder, name, newFolder, newName, flags);
  if (outcome < 0) return recorder.cancel(outcome);
  const looked = Math.min(served.look(folder, served.folder), served.look(newFolder, served.otherFolder));
  recorder.record(nodes.low, nodes.high, looked < 0 ? 0 : RECORDED.folder | RECORDED.otherFolder);
  return 0;
}

function readlink(served: ServedFolder): number {
  const { request, reply, nodes, calls, nameless } = served;
  const file = nodes.borrow(request.nodeLow, request.nodeHigh);
  if (file < 0) return file;
  const length = calls.readLink(file, nameless, reply.addressOf(0), PATH_BYTES_MAX);
  nodes.giveBack();
  return length;
}
