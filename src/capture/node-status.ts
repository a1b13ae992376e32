import type { Attributes, NodeType } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import { FILE_TYPE_FOLDER, FILE_TYPE_MASK, FILE_TYPE_REGULAR, FILE_TYPE_SYMLINK, type Stat } from '../kernel/files.ts';

const PERMISSION_MASK = 0o7777;

/** Null for what is not carried: devices, sockets, pipes. */
export function typeOf(mode: number): NodeType | null {
  switch (mode & FILE_TYPE_MASK) {
    case FILE_TYPE_REGULAR:
      return 'file';
    case FILE_TYPE_FOLDER:
      return 'folder';
    case FILE_TYPE_SYMLINK:
      return 'symlink';
    default:
      return null;
  }
}

/** For people: what is not carried. */
export function oddTypeOf(mode: number): string {
  switch (mode & FILE_TYPE_MASK) {
    case 0o010000:
      return 'a named pipe';
    case 0o140000:
      return 'a socket';
    case 0o020000:
    case 0o060000:
      return 'a device';
    default:
      return 'neither file, folder nor symbolic link';
  }
}

export function attributesOf(stat: Readonly<Stat>): Attributes {
  return {
    mode: stat.mode & PERMISSION_MASK,
    uid: stat.uid,
    gid: stat.gid,
    mtimeSeconds: stat.mtimeSeconds,
    mtimeNanoseconds: stat.mtimeNanoseconds,
  };
}

/** Makes the status what the tree says of the node. */
export function remember(node: Node, stat: Readonly<Stat>): void {
  node.inode = stat.inode;
  node.mode = stat.mode;
  node.uid = stat.uid;
  node.gid = stat.gid;
  node.sizeBytes = stat.sizeBytes;
  node.mtimeSeconds = stat.mtimeSeconds;
  node.mtimeNanoseconds = stat.mtimeNanoseconds;
  node.ctimeSeconds = stat.ctimeSeconds;
  node.ctimeNanoseconds = stat.ctimeNanoseconds;
}

export function copyStat(from: Readonly<Stat>, to: Stat): void {
  Object.assign(to, from);
}

type Status = Pick<Stat, 'sizeBytes' | 'mtimeSeconds' | 'mtimeNanoseconds' | 'ctimeSeconds' | 'ctimeNanoseconds'>;

export function sameSizeAndMtime(a: Readonly<Status>, b: Readonly<Status>): boolean {
  return a.mtimeNanoseconds === b.mtimeNanoseconds && a.mtimeSeconds === b.mtimeSeconds && a.sizeBytes === b.sizeBytes;
}

/** The kernel moves ctime with every change of content or attributes, and nobody can set it. */
export function sameCtime(a: Readonly<Status>, b: Readonly<Status>): boolean {
  return a.ctimeNanoseconds === b.ctimeNanoseconds && a.ctimeSeconds === b.ctimeSeconds;
}

/** Nothing moved since: content and attributes are the same, within the grain of the clock. */
export function unchanged(a: Readonly<Status>, b: Readonly<Status>): boolean {
  return sameCtime(a, b) && sameSizeAndMtime(a, b);
}

/** Of what {@link Attributes} carry. */
export function sameAttributes(node: Readonly<Node>, stat: Readonly<Stat>): boolean {
  return (
    node.mode === stat.mode &&
    node.uid === stat.uid &&
    node.gid === stat.gid &&
    node.mtimeSeconds === stat.mtimeSeconds &&
    node.mtimeNanoseconds === stat.mtimeNanoseconds
  );
}
