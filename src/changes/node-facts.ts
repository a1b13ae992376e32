import type { Stat } from '../kernel/files.ts';
import type { Attributes, NodeType } from './change.ts';
import { extendedOf } from './extended.ts';
import { nodeTypeOf } from './node-type.ts';

/** Permissions with set-user-ID, set-group-ID and the sticky bit. */
const PERMISSION_MASK = 0o7777;

/** `other` is not carried. */
export function typeOf(stat: Pick<Stat, 'mode'>): NodeType | 'other' {
  return nodeTypeOf(stat.mode) ?? 'other';
}

export function permissionsOf(stat: Pick<Stat, 'mode'>): number {
  return stat.mode & PERMISSION_MASK;
}

/** What is stated of a node on the disk. What it carries beyond the status must have been looked at. */
export function attributesOf(stat: Readonly<Stat>): Attributes {
  return {
    mode: permissionsOf(stat),
    uid: stat.uid,
    gid: stat.gid,
    mtimeSeconds: stat.mtimeSeconds,
    mtimeNanoseconds: stat.mtimeNanoseconds,
    extended: extendedOf(stat),
  };
}
