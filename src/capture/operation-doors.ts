import type { Files } from '../kernel/files.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import type { Agenda } from './agenda.ts';
import type { LargeContent } from './large-content.ts';
import { NodeDisk } from './node-disk.ts';
import type { NodeReader } from './node-reader.ts';
import type { OpenFolders } from './open-folders.ts';
import type { Shadow } from './shadow.ts';
import type { Walk } from './walk.ts';

/** What taking operations over needs of the others. */
export interface OperationDoors {
  /** Looks at a name on the disk, and reads its content: the disk may be ahead of the operations that were taken. */
  look(at: Name): void;
  /** Has a name looked at soon. */
  note(folder: Node, name: ByteString, bits: number): void;
  /** Has a folder itself looked at soon. */
  entriesChanged(folder: Node): void;
  /** What was to be looked at under one name is now to be looked at under another. */
  carryOver(from: Name, to: Name): void;
  /** A folder may hold names that are items now, or are none any more. */
  enter(folder: Node): void;
  /** What is written into the file is told by an operation. */
  written(file: Node): void;
  /** What it carries beyond its status, on the disk; null where it is not there, or that can't be read. */
  extendedOf(node: Name & { readonly inode: number }): ByteString | null;
  /** The name of a node under which it is on the disk; null where it has none of those that the tree knows. */
  whereIs(node: Node): Name | null;
  /** Are folders being walked through, so that items may be there which are not known yet? */
  isWalking(): boolean;
  /** Files whose content is being read from the disk, to be told. */
  beingRead(): Iterable<Node>;
  /** Is content to be read from the disk: of a name, or of any in the folder (null)? */
  isToBeRead(folder: Node, name: ByteString | null): boolean;
  /** Are attributes to be looked at under that name? */
  areAttributesToBeRead(folder: Node, name: ByteString): boolean;
  /** Reads a range of a file on the disk. @returns how much was read; null where it can't be. */
  readRange(file: Node, offset: number, into: Uint8Array): number | null;
}

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
    written: (file) => large.written(file),
    extendedOf: (node) => disk.extendedOf(node),
    whereIs: (node) => disk.whereIs(node, shadow.tree.namesOf(node)),
    isWalking: () => walk.size > 0,
    beingRead: () => large.nodes,
    isToBeRead: (folder, name) => agenda.readsAgain(folder, name),
    areAttributesToBeRead: (folder, name) => agenda.readsAttributes(folder, name),
    readRange: (file, offset, into) => {
      readDisk();
      return disk.readRange(file, offset, into);
    },
  };
}
