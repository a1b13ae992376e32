import type { Clock } from '../kernel/clock.ts';
import type { ProblemData } from '../problems/problem.ts';
import type { JournalFiles } from './queue-folder.ts';

export interface JournalOptions {
  readonly files: JournalFiles;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Absolute path of a folder that belongs to this queue alone; made where it is missing. */
  readonly directory: string;
  /**
   * Null where what is in the queue need not outlive this process: it is empty once opened, whatever an earlier run left,
   * and nothing of it is ever synced.
   */
  readonly lasting: {
    /** Told of damage (JRN-002) found when opening: once for each damaged file. */
    readonly onDamage: (problem: ProblemData) => void;
  } | null;
  /** A file is full beyond this; the smallest piece of disk space that a trim gives back. */
  readonly segmentBytesMax?: number;
}
