import type { ByteReader } from './byte-reader.ts';
import { type ByteWriter, INTEGER_BYTES } from './byte-writer.ts';
import type { FolderStateChange } from './change.ts';

/** Exact size of the body of a folderState record. */
export function folderStateBytes({ folder, fileSystem, identity }: FolderStateChange): number {
  return 2 + folder.length + 1 + 1 + fileSystem.length + 1 + identity.length + INTEGER_BYTES;
}

export function writeFolderState(out: ByteWriter, change: FolderStateChange): void {
  out.u16(change.folder.length);
  out.latin1(change.folder);
  out.u8((change.present ? 1 : 0) | (change.items === null ? 0 : 2));
  for (const mark of [change.fileSystem, change.identity]) {
    out.u8(mark.length);
    out.latin1(mark);
  }
  out.integer(change.items ?? 0);
}

export function readFolderState(from: ByteReader): FolderStateChange {
  const folder = from.latin1(from.u16());
  const flags = from.flags(3);
  const fileSystem = from.latin1(from.u8());
  const identity = from.latin1(from.u8());
  const items = from.integer();
  return {
    kind: 'folderState',
    folder,
    present: (flags & 1) !== 0,
    fileSystem,
    identity,
    items: (flags & 2) === 0 ? null : items,
  };
}
