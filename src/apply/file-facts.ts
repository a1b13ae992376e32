import type { Attributes } from '../changes/change.ts';
import { permissionsOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { Stat } from '../kernel/files.ts';

/** Does the tree know of the node all that its status says? A folder's size and time are no part of that. */
export function isRecorded(node: Node, stat: Readonly<Stat>): boolean {
  const isSame =
    node.inode === stat.inode &&
    node.mode === permissionsOf(stat) &&
    node.uid === stat.uid &&
    node.gid === stat.gid &&
    node.ctimeSeconds === stat.ctimeSeconds &&
    node.ctimeNanoseconds === stat.ctimeNanoseconds;
  if (!isSame || node.type === 'folder') return isSame;
  return (
    node.sizeBytes === stat.sizeBytes &&
    node.mtimeSeconds === stat.mtimeSeconds &&
    node.mtimeNanoseconds === stat.mtimeNanoseconds
  );
}

/** What the tree knows of a node as attributes: nothing of what goes beyond the status. */
export function knownAttributes(node: Node): Attributes {
  return {
    mode: permissionsOf(node),
    uid: node.uid,
    gid: node.gid,
    mtimeSeconds: node.mtimeSeconds,
    mtimeNanoseconds: node.mtimeNanoseconds,
  };
}

type Left = Pick<
  Node,
  'inode' | 'sizeBytes' | 'ctimeSeconds' | 'ctimeNanoseconds' | 'mtimeSeconds' | 'mtimeNanoseconds'
>;

/** Is the file as Apply left it? The change time covers content, mode, owner, names. */
export function isAsLeft(node: Left, stat: Readonly<Stat>): boolean {
  return (
    node.inode === stat.inode &&
    node.sizeBytes === stat.sizeBytes &&
    node.ctimeSeconds === stat.ctimeSeconds &&
    node.ctimeNanoseconds === stat.ctimeNanoseconds &&
    node.mtimeSeconds === stat.mtimeSeconds &&
    node.mtimeNanoseconds === stat.mtimeNanoseconds
  );
}

/** One path component that may stand in a folder. */
export function isName(name: ByteString): boolean {
  return name !== '' && name !== '.' && name !== '..' && !name.includes('/') && !name.includes('\0');
}

/** Where a protected path lies on this machine. */
export function realPath(base: ByteString, path: ByteString): ByteString {
  return (base.endsWith('/') ? base.slice(0, -1) + path : base + path) as ByteString;
}
