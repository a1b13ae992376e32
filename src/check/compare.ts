import type { Attributes, CheckKind, FolderEntry, NodeType } from '../changes/change.ts';
import { INLINE_BYTES_MAX } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import { FILE_TYPE_FOLDER, FILE_TYPE_MASK, FILE_TYPE_REGULAR, FILE_TYPE_SYMLINK, type Stat } from '../kernel/files.ts';

const PERMISSION_MASK = 0o7777;

export type AttributeName = 'mode' | 'owner' | 'mtime';

export function typeOf(stat: Readonly<Stat>): NodeType | 'other' {
  switch (stat.mode & FILE_TYPE_MASK) {
    case FILE_TYPE_REGULAR:
      return 'file';
    case FILE_TYPE_FOLDER:
      return 'folder';
    case FILE_TYPE_SYMLINK:
      return 'symlink';
    default:
      return 'other';
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

export function sameMtime(expected: Attributes, found: Readonly<Stat>): boolean {
  return expected.mtimeSeconds === found.mtimeSeconds && expected.mtimeNanoseconds === found.mtimeNanoseconds;
}

/** Times count to the nanosecond. The mode of a symbolic link means nothing on Linux and never differs. */
export function sameAttributes(expected: Attributes, found: Readonly<Stat>, type: NodeType): boolean {
  return (
    sameMtime(expected, found) &&
    expected.uid === found.uid &&
    expected.gid === found.gid &&
    (type === 'symlink' || expected.mode === (found.mode & PERMISSION_MASK))
  );
}

/** Which attributes differ; for reports, so only where {@link sameAttributes} said that some do. */
export function differingAttributes(expected: Attributes, found: Readonly<Stat>, type: NodeType): AttributeName[] {
  const what: AttributeName[] = [];
  if (type !== 'symlink' && expected.mode !== (found.mode & PERMISSION_MASK)) what.push('mode');
  if (expected.uid !== found.uid || expected.gid !== found.gid) what.push('owner');
  if (!sameMtime(expected, found)) what.push('mtime');
  return what;
}

/**
 * What the status of the thing found under an entry's name says. `inside`: its content (or its
 * link's target) must be read to tell; `ranges`: its VerifyContent records will tell.
 */
export type Verdict = 'equal' | 'attributes' | 'type' | 'content' | 'suspect' | 'inside' | 'ranges';

export function compareEntry(entry: FolderEntry, found: Readonly<Stat>, mode: CheckKind): Verdict {
  if (typeOf(found) !== entry.type) return 'type';
  // A folder's attributes are compared with its own record: what is repaired inside it moves its time.
  if (entry.type === 'folder') return 'equal';
  if (entry.type === 'symlink') return 'inside';
  const large = entry.sizeBytes > INLINE_BYTES_MAX;
  // Without a hash it was a fast check that stated it, even if its beginning was never seen here.
  const fast = mode === 'fast' || (!large && entry.hash === 0n);
  if (large && !fast) return 'ranges';
  if (entry.sizeBytes !== found.sizeBytes) return fast ? 'suspect' : 'content';
  if (!fast) return 'inside';
  if (!sameMtime(entry.attributes, found)) return 'suspect';
  return compareAttributes(entry, found);
}

export function compareAttributes(entry: FolderEntry, found: Readonly<Stat>): 'equal' | 'attributes' {
  return sameAttributes(entry.attributes, found, entry.type) ? 'equal' : 'attributes';
}

/** Has the file not been touched between two looks at it? */
export function sameMoment(a: Readonly<Stat>, b: Readonly<Stat>): boolean {
  return (
    a.sizeBytes === b.sizeBytes &&
    a.mtimeNanoseconds === b.mtimeNanoseconds &&
    a.mtimeSeconds === b.mtimeSeconds &&
    a.ctimeNanoseconds === b.ctimeNanoseconds &&
    a.ctimeSeconds === b.ctimeSeconds
  );
}

/** Does the tree know the node as it is on disk? The change time covers mode, owner and link count. */
export function isCurrent(node: Node, found: Readonly<Stat>): boolean {
  return (
    node.inode === found.inode &&
    node.ctimeNanoseconds === found.ctimeNanoseconds &&
    node.ctimeSeconds === found.ctimeSeconds &&
    node.mtimeNanoseconds === found.mtimeNanoseconds &&
    node.mtimeSeconds === found.mtimeSeconds &&
    (node.type === 'folder' || node.sizeBytes === found.sizeBytes) &&
    node.type === typeOf(found)
  );
}
