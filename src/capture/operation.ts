import type { ByteString } from '../kernel/byte-string.ts';
import type { Stat } from '../kernel/files.ts';

/** What a node is behind an operation; its mode has the type. */
export type NodeStatus = Readonly<
  Pick<Stat, 'mode' | 'uid' | 'gid' | 'sizeBytes' | 'mtimeSeconds' | 'mtimeNanoseconds'>
>;

/** Inode that means the protected folder itself, in its own operations. */
export const ITS_ROOT = 0;

/**
 * An operation that was carried out in an intercepted folder. Operations come in the order in which they were: what
 * could be seen of one before another was begun comes before it. Nodes are named by their inodes.
 */
export type Operation = {
  /** The protected folder that it was done in. */
  readonly root: ByteString;
  /** The node that was made, or that it is about. */
  readonly node: number;
} & (
  | {
      /** A new node under a name. */
      readonly kind: 'make';
      readonly folder: number;
      readonly name: ByteString;
      readonly status: NodeStatus;
      /** Where a symbolic link leads; of a file, what was written into it at once; empty for anything else. Lent. */
      readonly content: Uint8Array;
    }
  /** A further name of a node, or the first one of a file that had none. */
  | { readonly kind: 'link'; readonly folder: number; readonly name: ByteString; readonly status: NodeStatus }
  | { readonly kind: 'remove'; readonly folder: number; readonly name: ByteString }
  | {
      readonly kind: 'rename';
      readonly folder: number;
      readonly name: ByteString;
      readonly newFolder: number;
      readonly newName: ByteString;
      /** What had the new name has the old one now. */
      readonly exchange: boolean;
    }
  /** Bytes were written; none where only the size was set. Lent. */
  | { readonly kind: 'write'; readonly status: NodeStatus; readonly offset: number; readonly content: Uint8Array }
  /** The range reads as zeros. */
  | { readonly kind: 'zero'; readonly status: NodeStatus; readonly offset: number; readonly length: number }
  /** The range holds something that is not told. */
  | { readonly kind: 'copy'; readonly status: NodeStatus; readonly offset: number; readonly length: number }
  | { readonly kind: 'attributes'; readonly status: NodeStatus }
  /** Extended attributes or flags are others; which is not told. */
  | { readonly kind: 'extended'; readonly status: NodeStatus }
  /** Something was done, and what came of it is not known. */
  | { readonly kind: 'unknown' }
);

export type OperationOf<Kind extends Operation['kind']> = Extract<Operation, { kind: Kind }>;
