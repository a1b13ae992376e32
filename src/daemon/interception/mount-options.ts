import type { Attempt } from '../../intercept/attempts.ts';
import type { Guarded, Way } from '../../intercept/mount-way.ts';
import type { MappedPlace } from '../../kernel/shared-memory.ts';
import type { Problem } from '../../problems/problem.ts';
import type { LeftDescriptors } from './mount-descriptors.ts';

/** Where the records of a mount go; several mounts may share it, and so have one order. */
export interface RecordsPlace {
  /** From makeRecordsMemory. */
  readonly ring: MappedPlace;
  /** Number of this mount among them. */
  readonly mount: number;
  /** Number of its first thread among the threads of all. */
  readonly firstThread: number;
  /** An eventfd that the reader sleeps on; null where it does not. */
  readonly readerWake: number | null;
  /** Where replies to flushes wait for the passive server (ParkedReplies); none do where it is left out. */
  readonly replies?: MappedPlace;
}

export interface MountOptions {
  /** Absolute, and as the kernel would name it. */
  readonly folder: string;
  readonly threads: number;
  readonly records: RecordsPlace;
  /**
   * What lies below it and is not recorded, none in another: what is done to it passes through. With one byte in each
   * character. At the beginning; a mount that is taken over has none, until it is told (ExclusionWords).
   */
  readonly excluded?: readonly string[];
  /** The way it is served at the beginning; `record` where it is missing. */
  readonly way?: Way;
  readonly guarded?: Guarded;
  /** Somebody wanted to change what is protected, and was refused. */
  readonly onAttempts?: (attempts: readonly Attempt[]) => void;
  /**
   * The mount ended, or the folder's path does not lead into it any more, and it was not its owner: CAP-034 where a
   * thread failed, CAP-035 where somebody else did it. Once at most; the records count as lost from then on.
   * {@link MountHost.root} is open until it is ended all the same.
   */
  readonly onBreakdown: (problem: Problem) => void;
  /** Who goes on with it when this process is killed; nobody where it is left out. */
  readonly keeper?: MountKeeper;
}

export interface MountIdentity {
  /** The kernel's number of it. */
  readonly id: string;
  /** Of the protocol that was agreed on. */
  readonly minor: number;
}

/** What a process that has ended left of a mount. */
export interface LeftMount extends LeftDescriptors, MountIdentity {
  /** Without a name, and open. */
  readonly files: readonly KeptFile[];
}

/** Keeps what a mount consists of beyond the process that serves it. */
export interface MountKeeper {
  /** Before anybody sees the mount. */
  hold(descriptors: LeftDescriptors, identity: MountIdentity): Promise<void>;
  /** It has ended. */
  release(): Promise<void>;
  /** A file that loses its last name while it is open. */
  holdFile(node: KeptNode, descriptor: number): Promise<void>;
  releaseFile(node: KeptNode): Promise<void>;
}

/** A file by its number. */
export interface KeptNode {
  readonly low: number;
  readonly high: number;
}

/** A file that somebody has open and that has no name, or is about to have none. */
export interface KeptFile extends KeptNode {
  readonly descriptor: number;
}
