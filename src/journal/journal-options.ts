import type { Clock } from '../kernel/clock.ts';
import type { ProblemData } from '../problems/problem.ts';
import type { JournalFiles } from './queue-folder.ts';

export interface JournalOptions {
  readonly files: JournalFiles;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Absolute path of a folder that belongs to this queue alone; made where it is missing. */
  readonly directory: string;
  /** Told of damage (JRN-002) found when opening: once for each damaged file. */
  readonly onDamage: (problem: ProblemData) => void;
  /** A file is full beyond this; the smallest piece of disk space that a trim gives back. */
  readonly segmentBytesMax?: number;
}
