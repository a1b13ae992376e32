import type { ByteReader } from './byte-reader.ts';
import { type ByteWriter, INTEGER_BYTES } from './byte-writer.ts';
import type { FolderStateChange } from './change.ts';

const PRESENT = 1;
const COUNTED = 2;
/** From protocol version 5 on. */
const SAYS_HOW = 4;
const GATHERED = 8;
const FLAGS = PRESENT | COUNTED | SAYS_HOW | GATHERED;

/** Exact size of the body of a folderState record. */
export function folderStateBytes({ folder, fileSystem, identity }: FolderStateChange): number {
  return 2 + folder.length + 1 + 1 + fileSystem.length + 1 + identity.length + INTEGER_BYTES;
}

export function writeFolderState(out: ByteWriter, change: FolderStateChange): void {
  out.u16(change.folder.length);
  out.latin1(change.folder);
  out.u8(flagsOf(change));
  for (const mark of [change.fileSystem, change.identity]) {
    out.u8(mark.length);
    out.latin1(mark);
  }
  out.integer(change.items ?? 0);
}

export function readFolderState(from: ByteReader): FolderStateChange {
  const folder = from.latin1(from.u16());
  const flags = from.flags(FLAGS);
  const fileSystem = from.latin1(from.u8());
  const identity = from.latin1(from.u8());
  const items = from.integer();
  return {
    kind: 'folderState',
    folder,
    present: (flags & PRESENT) !== 0,
    fileSystem,
    identity,
    items: (flags & COUNTED) === 0 ? null : items,
    isGathered: (flags & SAYS_HOW) === 0 ? null : (flags & GATHERED) !== 0,
  };
}

function flagsOf({ present, items, isGathered }: FolderStateChange): number {
  const how = isGathered === null ? 0 : isGathered ? SAYS_HOW | GATHERED : SAYS_HOW;
  return (present ? PRESENT : 0) | (items === null ? 0 : COUNTED) | how;
}
