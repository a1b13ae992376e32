import type { NativeMemory } from '../kernel/node-calls.ts';
import type { MappedPlace, SharedMemory } from '../kernel/shared-memory.ts';
import { HANDLE_TABLE_BYTES } from './handle-table.ts';
import { THREAD_BYTES } from './memory-plan.ts';
import { NODE_LOCKS_BYTES } from './node-locks.ts';
import { NODE_MARKS_BYTES } from './node-marks.ts';

/**
 * Of everything that stands in memory which outlives a process: of a mount, and of the ring of records. It is another one
 * whenever a process of the version before would read something else there.
 */
export const LAYOUT_VERSION = 3;

const PAGE_BYTES = 4096;

/** What a mount keeps in memory that outlives its process. */
export interface KeptMemory {
  readonly locks: SharedMemory;
  readonly marks: SharedMemory;
  readonly handles: SharedMemory;
  /** Of each thread: the request that it answers, and how far it is. */
  readonly threads: readonly NativeMemory[];
}

export interface MemoryViews {
  /** Words that threads sleep on. */
  shared(place: MappedPlace): SharedMemory;
  /** What the kernel is given by address. */
  native(place: MappedPlace): NativeMemory;
}

const PARTS = [NODE_LOCKS_BYTES, NODE_MARKS_BYTES, HANDLE_TABLE_BYTES].map(wholePages);

export function keptMemoryBytes(threads: number): number {
  return PARTS.reduce((sum, bytes) => sum + bytes, 0) + threads * wholePages(THREAD_BYTES);
}

/** @param place - where keptMemoryBytes of it are mapped. */
export function keptMemory({ address }: MappedPlace, threads: number, views: MemoryViews): KeptMemory {
  let next = address;
  const part = (bytes: number): MappedPlace => {
    const place = { address: next, bytes };
    next += wholePages(bytes);
    return place;
  };
  const locks = views.shared(part(NODE_LOCKS_BYTES));
  const marks = views.shared(part(NODE_MARKS_BYTES));
  const handles = views.shared(part(HANDLE_TABLE_BYTES));
  return { locks, marks, handles, threads: Array.from({ length: threads }, () => views.native(part(THREAD_BYTES))) };
}

function wholePages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}
