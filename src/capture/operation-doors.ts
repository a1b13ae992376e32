import type { Files } from '../kernel/files.ts';
import type { Name } from '../changes/node-tree.ts';
import type { Agenda } from './agenda.ts';
import type { LargeContent } from './large-content.ts';
import { NodeDisk } from './node-disk.ts';
import type { NodeReader } from './node-reader.ts';
import type { OpenFolders } from './open-folders.ts';
import type { OperationDoors } from './operation-intake.ts';
import type { Shadow } from './shadow.ts';
import type { Walk } from './walk.ts';

/** Capture's parts as operations see them. */
export function operationDoors(parts: {
  agenda: Agenda;
  walk: Walk;
  shadow: Shadow;
  large: LargeContent;
  files: Files;
  folders: OpenFolders;
  reader: NodeReader;
  look: (at: Name) => void;
  readDisk: () => void;
}): OperationDoors {
  const { agenda, walk, shadow, large, readDisk } = parts;
  const disk = new NodeDisk(parts.files, parts.folders, parts.reader);
  return {
    look: (at) => {
      readDisk();
      parts.look(at);
    },
    note: (folder, name, bits) => agenda.note(folder, name, bits),
    entriesChanged: (folder) => agenda.entriesChanged(folder),
    carryOver: (from, to) => agenda.carryOver(from, to),
    enter: (folder) => walk.enter(folder, shadow.silent),
    forgetContent: (file) => large.forget(file),
    extendedOf: (node) => disk.extendedOf(node),
    whereIs: (node) => disk.whereIs(node, shadow.tree.namesOf(node)),
    readRange: (file, offset, into) => {
      readDisk();
      return disk.readRange(file, offset, into);
    },
  };
}
