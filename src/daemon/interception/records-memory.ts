import { closeBegun, ringBytes, THREADS_MAX } from '../../intercept/ring-memory.ts';
import { recoverRing } from '../../intercept/ring-recovery.ts';
import type { MappedPlace } from '../../kernel/shared-memory.ts';
import { makeSharedMemory, placeMemory, sizeOfMemory, viewMapped } from '../../system/native/shared-memory.ts';

/** The ring of records, in memory that outlives this process where somebody else has it open as well. */
export interface RecordsMemory {
  readonly descriptor: number;
  /** For {@link viewMapped}, in any thread. */
  readonly ring: MappedPlace;
}

/** @param capacityBytes - a power of two. @throws FileError */
export function makeRecordsMemory(capacityBytes: number): RecordsMemory {
  const bytes = ringBytes(capacityBytes);
  const descriptor = makeSharedMemory(bytes);
  return { descriptor, ring: placeMemory(descriptor, bytes) };
}

/** Of a process that has ended, whatever it was about to do. @throws FileError */
export function openRecordsMemory(descriptor: number): RecordsMemory {
  const ring = placeMemory(descriptor, sizeOfMemory(descriptor));
  recoverRing(viewMapped(ring));
  return { descriptor, ring };
}

/** Records that were begun for mounts that nobody serves count as lost. @param served - first threads of those that are served, with so many each. */
export function closeAllBegun({ ring }: RecordsMemory, served: readonly number[], threads: number): void {
  const memory = viewMapped(ring);
  for (let thread = 0; thread < THREADS_MAX; thread++) {
    if (!served.some((first) => thread >= first && thread < first + threads)) closeBegun(memory, thread);
  }
}
