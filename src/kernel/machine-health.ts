import type { MonotonicMs } from './units.ts';

/** A call of the kernel about a file that has not returned. */
export interface PendingCall {
  /** As the manual pages name it. */
  readonly call: string;
  /** For people; empty where it can't be told. */
  readonly path: string;
  /** When it was first seen, on the monotonic clock: it began a little earlier. */
  readonly since: MonotonicMs;
}

/** Open files, of this process or of the whole machine, and how many there may be. */
export interface Descriptors {
  readonly used: number;
  readonly limit: number;
}

/** How short memory is for what this process belongs to. */
export interface MemoryPressure {
  /** So long some task has waited for memory, since the machine was started or its group was made. */
  readonly waitedMs: number;
  /** File of the kernel that says so. */
  readonly source: string;
}

/** What the machine tells of its own state. Every call is short, reads no disk, and may be made on an event loop. */
export interface MachineHealth {
  /**
   * Calls that each of this process' threads has been in without a break since the last time this was asked, or
   * longer. The asking thread is never in one.
   * @param isSilent - a thread that works through files gives no sign of life: then also calls that sleep again and again count.
   */
  pendingCalls(now: MonotonicMs, isSilent: boolean): readonly PendingCall[];
  /** Of this process, against its limit (RLIMIT_NOFILE). Null where the kernel does not tell. */
  descriptors(): Descriptors | null;
  /** Of the whole machine (fs.file-max). Null where the kernel does not tell. */
  machineDescriptors(): Descriptors | null;
  /** Null where the kernel does not tell. */
  memoryPressure(): MemoryPressure | null;
  /** Since the machine was started, with the time it was suspended; null where the kernel does not tell. */
  sinceBootMs(): number | null;
  /** Processor time of this process so far. */
  processorMs(): number;
}
