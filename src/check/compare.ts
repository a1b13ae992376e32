import type { Attributes, CheckKind, FolderEntry, NodeType } from '../changes/change.ts';
import { INLINE_BYTES_MAX } from '../changes/change.ts';
import type { AttributeName } from '../changes/difference.ts';
import { carries, extendedOf, NOTHING_EXTENDED, packExtended, unpackExtended } from '../changes/extended.ts';
import { permissionsOf, typeOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import { deviceTarget, isDevice } from '../changes/node-type.ts';
import { type ByteString, fromLatin1 } from '../kernel/byte-string.ts';
import type { Stat } from '../kernel/files.ts';

const NONE = fromLatin1('');
const NO_HOLES = { holes: [], areHolesUntold: false } as const;

export function sameMtime(expected: Attributes, found: Readonly<Stat>): boolean {
  return expected.mtimeSeconds === found.mtimeSeconds && expected.mtimeNanoseconds === found.mtimeNanoseconds;
}

/** Times count to the nanosecond. The mode of a symbolic link means nothing on Linux and never differs. */
export function sameAttributes(expected: Attributes, found: Readonly<Stat>, type: NodeType): boolean {
  return (
    sameMtime(expected, found) &&
    expected.uid === found.uid &&
    expected.gid === found.gid &&
    (type === 'symlink' || expected.mode === permissionsOf(found)) &&
    carries(extendedOf(found), expected.extended ?? NONE)
  );
}

/** Which attributes differ; for reports, so only where {@link sameAttributes} said that some do. */
export function differingAttributes(expected: Attributes, found: Readonly<Stat>, type: NodeType): AttributeName[] {
  const what: AttributeName[] = [];
  if (type !== 'symlink' && expected.mode !== permissionsOf(found)) what.push('mode');
  if (expected.uid !== found.uid || expected.gid !== found.gid) what.push('owner');
  if (!sameMtime(expected, found)) what.push('mtime');
  const [stated, here] = [expected.extended ?? NONE, extendedOf(found)];
  if (!carries(here, stated)) what.push(differingExtended(stated, here));
  return what;
}

/** By what matters most. */
function differingExtended(stated: ByteString, here: ByteString): AttributeName {
  const [a, b] = [unpackExtended(stated) ?? NOTHING_EXTENDED, unpackExtended(here) ?? NOTHING_EXTENDED];
  if (packExtended({ ...a, ...NO_HOLES }) === packExtended({ ...b, ...NO_HOLES })) return 'holes';
  return a.flags === b.flags ? 'extended attributes' : 'flags';
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
  if (isDevice(entry.type) && entry.target !== deviceTarget(found)) return 'content';
  if (entry.type !== 'file') return compareAttributes(entry, found);
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
