import { EntryPacker } from '../fuse/entry-packer.ts';
import { FSYNC_DATA_ONLY } from '../fuse/flags.ts';
import { OPCODE } from '../fuse/opcodes.ts';
import { FSYNC_IN, READ_IN } from '../fuse/structures.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { ERROR } from './codes.ts';
import { flush } from './flush.ts';
import { DATA_BYTES_MAX, ENTRIES_BYTES } from './memory-plan.ts';
import type { Operations, ServedFolder } from './served-folder.ts';

/** Entries are fetched a few at a time where each takes a reply's room many times over. */
const FETCHED_BYTES_MIN = 1024;
const PLUS_SHARE = 4;

/** What stands in folders. None is ever held open: the kernel names the place to go on from. */
export function folderOperations(served: ServedFolder): Operations {
  const { plan } = served;
  const packer = new EntryPacker(plan.memory.bytes, plan.entries, served.reply);
  return {
    [OPCODE.opendir]: () => -ERROR.ENOSYS,
    [OPCODE.releasedir]: () => 0,
    [OPCODE.readdir]: () => readdir(served, packer, false),
    [OPCODE.readdirplus]: () => readdir(served, packer, true),
    [OPCODE.fsyncdir]: () => fsyncdir(served),
  };
}

function openFolder(served: ServedFolder): number {
  const { request, nodes, calls } = served;
  return nodes.open(request.nodeLow, request.nodeHigh, OPEN.readOnly | calls.flags.folder);
}

function readdir(served: ServedFolder, packer: EntryPacker, isPlus: boolean): number {
  const { request, calls } = served;
  const folder = openFolder(served);
  if (folder < 0) return folder;
  served.known.add(request.nodeLow);
  const sought = calls.seekEntry(folder, request.bigint(READ_IN.offset));
  const outcome = sought < 0 ? sought : pack(served, packer, folder, isPlus);
  calls.close(folder);
  return outcome;
}

function pack(served: ServedFolder, packer: EntryPacker, folder: number, isPlus: boolean): number {
  const { request, plan, calls } = served;
  const { address } = plan.memory;
  packer.begin(Math.min(request.u32(READ_IN.size), DATA_BYTES_MAX), isPlus);
  for (;;) {
    const room = Math.floor(packer.room / (isPlus ? PLUS_SHARE : 1));
    const asked = Math.min(Math.max(room, FETCHED_BYTES_MIN), ENTRIES_BYTES);
    const fetched = calls.entries(folder, address + plan.entries, asked);
    if (fetched < 0 && packer.bytes === 0) return fetched;
    if (fetched <= 0) return packer.bytes;
    for (let at = 0; at < fetched; at = packer.next) {
      if (!packer.add(at)) return packer.bytes;
      if (!isPlus) continue;
      // What has gone meanwhile has no node; the kernel then looks it up itself.
      if (packer.isSelfOrParent || served.entryOf(folder, address + packer.nameAt, packer.entryAt) < 0) {
        packer.leaveOutNode();
      }
    }
  }
}

function fsyncdir(served: ServedFolder): number {
  // There is no handle: none was given.
  const { request, calls } = served;
  const folder = openFolder(served);
  if (folder < 0) return folder;
  const outcome = flush(served, folder, (request.u32(FSYNC_IN.flags) & FSYNC_DATA_ONLY) !== 0);
  calls.close(folder);
  return outcome;
}
