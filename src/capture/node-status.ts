import type { Node } from '../changes/node-tree.ts';
import { FILE_TYPE_MASK, type Stat } from '../kernel/files.ts';

const FILE_TYPE_SOCKET = 0o140000;

/** For people: what is not carried. */
export function oddTypeOf(mode: number): string {
  return (mode & FILE_TYPE_MASK) === FILE_TYPE_SOCKET
    ? 'a socket'
    : 'neither file, folder, link, named pipe nor device';
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
  node.extended = stat.extended;
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

/** Of what {@link Attributes} carry. What was not looked at on one side only is not the same. */
export function sameAttributes(node: Readonly<Node>, stat: Readonly<Stat>): boolean {
  return node.extended === stat.extended && sameStatus(node, stat);
}

/** Of what {@link Attributes} carry and a status tells. */
export function sameStatus(node: Readonly<Node>, stat: Readonly<Stat>): boolean {
  return (
    node.mode === stat.mode &&
    node.uid === stat.uid &&
    node.gid === stat.gid &&
    node.mtimeSeconds === stat.mtimeSeconds &&
    node.mtimeNanoseconds === stat.mtimeNanoseconds
  );
}
