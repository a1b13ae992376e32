import type { NodeCalls } from '../kernel/node-calls.ts';
import type { SharedMemory } from '../kernel/shared-memory.ts';
import type { Attempt, Caller } from './attempts.ts';
import type { KeptMemory } from './kept-memory.ts';
import type { FileKeeper } from './nameless-files.ts';
import type { Agreement } from './session-operations.ts';

/** What all threads that serve one folder share. */
export interface ServeOptions {
  readonly calls: NodeCalls;
  /** The connection to the kernel, /dev/fuse, which does not wait when it is read (O_NONBLOCK). */
  readonly connection: number;
  /** Descriptor of the folder underneath. */
  readonly root: number;
  /** Becomes readable when the threads are to end. */
  readonly wake: number;
  /** The kernel's list of mounts. */
  readonly mountList: number;
  /** What of the mount outlives this process. */
  readonly kept: KeptMemory;
  /** From makeWayMemory. */
  readonly wayMemory: SharedArrayBuffer;
  /** Descriptors of open files; see HandleTable. */
  readonly ownHandles: SharedArrayBuffer;
  readonly ring: SharedMemory;
  /** Of this thread among those of the mount, from 0. */
  readonly thread: number;
  /** Of the mount's first thread among those that use the ring. */
  readonly firstThread: number;
  /** Of this mount among those that use the ring. */
  readonly mount: number;
  /** An eventfd that the reader of the ring sleeps on; null where it does not. */
  readonly readerWake: number | null;
  /** Where replies to flushes wait for the passive server; null where none do. */
  readonly replies: SharedMemory | null;
  /** Of the monotonic clock. */
  readonly nowMs: () => number;
  /** Where a process before had this mount: its threads' requests are settled before any is read. */
  readonly takeover: Takeover | null;
  /** Holds files that lose their last name while they are open; null where nobody does. */
  readonly fileKeeper: FileKeeper | null;
  /** The kernel's first request was answered, by one of the threads. */
  readonly onAgreement: (agreement: Agreement) => void;
  /** Attempts to change what is protected, which were refused. */
  readonly onAttempts: (attempts: readonly Attempt[]) => void;
  readonly describe: (threadId: number) => Caller | null;
  /** Something was mounted or unmounted. */
  readonly onMounts: () => void;
  /** What a process before had in flight is settled. */
  readonly onSettled: () => void;
}

/** For a mount that a process before had, which has ended. */
export interface Takeover {
  /** A word that all threads see: 1 once what was in flight is settled. From `new SharedArrayBuffer(4)`. */
  readonly settled: SharedArrayBuffer;
}
