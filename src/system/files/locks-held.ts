import { readFileSync } from 'node:fs';
import { lockersOf } from './lock-table.ts';
import type { FileIdentity } from '../processes/processes.ts';

/** Other processes that have a lock on a file, by the kernel's list; 0 stands for one that no single process has. */
export function lockers(file: FileIdentity): number[] {
  return lockersOf(readFileSync('/proc/locks', 'latin1'), file);
}
