import type { NodeId, NodeType, Position } from '../changes/change.ts';
import type { Patterns } from '../changes/changing-set.ts';
import type { NodeTree } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { WallMs } from '../kernel/units.ts';
import type { ProblemData } from '../problems/problem.ts';

export type MarkStatus = 'Out of sync' | 'Unchecked';

/** An item that was not known to be equal when the record was written. */
export interface SavedMark {
  readonly node: NodeId;
  readonly status: MarkStatus;
  readonly since: WallMs;
  readonly problem: ProblemData | null;
}

/** May what a protected folder lost on the active server be lost here, too? `confirmed` until it has happened. */
export type BrakeState = 'free' | 'held' | 'confirmed';

/** What is remembered of a protected folder, so that a restart of either server can't hide a loss. */
export interface GuardedFolder {
  readonly folder: ByteString;
  /** Marks of the file system and the folder on the active server, as last taken for good; empty where unknown. */
  readonly fileSystem: string;
  readonly identity: string;
  readonly state: BrakeState;
  /** What happened to it, in words, where it is held. */
  readonly what: string;
}

/** Why content was set aside. */
export type QuarantineReason = 'replaced' | 'orphan' | 'changed-on-passive';

/** One thing that was set aside, a folder with everything in it. */
export interface QuarantineEntry {
  readonly id: string;
  /** Where it lay: a protected path. */
  readonly path: ByteString;
  /** The protected folder beside which it is kept. */
  readonly folder: ByteString;
  readonly why: QuarantineReason;
  readonly when: WallMs;
  readonly bytes: number;
  readonly items: number;
}

/** How far what makes up for a queue that was given up is, where it is applied as one (daemon/passive/resync-batch.ts). */
export type BatchState = 'none' | 'gathering' | 'applying';

/** What a restart begins with, besides the tree. */
export interface SavedState {
  /** Everything up to here is applied and on disk. */
  readonly position: Position;
  /** Whose node ids the tree has; empty where none. */
  readonly activeServerId: string;
  /** An operator (or an empty passive server) allowed that content here is replaced. */
  readonly adopted: boolean;
  /** A resync has begun to change the copy and has not come to its end. */
  readonly mixed: boolean;
  readonly batch: BatchState;
  /** What the disk holds may not be what was written there. */
  readonly unproven: boolean;
  readonly marks: readonly SavedMark[];
  readonly quarantine: readonly QuarantineEntry[];
  readonly guarded: readonly GuardedFolder[];
  /** What the stream last said is protected; null where it never did. */
  readonly filters: Patterns | null;
}

/** A node as it was at the position of a checkpoint. */
export interface SavedNode {
  readonly id: NodeId;
  /** Null for a protected folder, whose name is its whole path. */
  readonly parent: NodeId | null;
  readonly name: ByteString;
  readonly type: NodeType;
  readonly inode: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly ctimeSeconds: number;
  readonly ctimeNanoseconds: number;
  readonly otherNames: readonly { readonly parent: NodeId; readonly name: ByteString }[];
}

/** What changed since the last checkpoint. */
export interface Saving {
  readonly position: Position;
  readonly activeServerId: string;
  readonly adopted: boolean;
  readonly mixed: boolean;
  readonly batch: BatchState;
  readonly unproven: boolean;
  /** Drop every node and mark first: the tree began anew. */
  readonly anew: boolean;
  readonly nodes: readonly SavedNode[];
  readonly nodesGone: readonly NodeId[];
  readonly marks: readonly SavedMark[];
  readonly marksGone: readonly NodeId[];
  /** The whole index, or null where it did not change. */
  readonly quarantine: readonly QuarantineEntry[] | null;
  /** As `quarantine`. */
  readonly guarded: readonly GuardedFolder[] | null;
  /** As `quarantine`. */
  readonly filters: Patterns | null;
}

/** The durable record of what was applied. Used by one thread. */
export interface ApplyStore {
  /** Fills an empty tree. */
  load(tree: NodeTree): SavedState;
  /**
   * Writes in one transaction, durable on return.
   * @throws Problem SYS-010 where there is no space, SYS-011 where the disk refuses: nothing was written, and it may be tried again.
   * @throws Problem APL-005 where it can't be written.
   */
  save(saving: Saving): void;
  /** Durable at once, and alone: the disk of the protected folders failed. @throws as {@link save}. */
  noteUnproven(): void;
  close(): void;
}
