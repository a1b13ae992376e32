import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Cancel } from '../../kernel/clock.ts';
import type { LockHolder } from '../../kernel/programs.ts';
import { lockWaitOf } from '../files/lock-table.ts';
import { attempt, whereItLeads } from './process-table.ts';
import { describeProcess } from './processes.ts';

const LOOK_MS = 500;
/** One that is seen that often in a row lasts; who writes beside others waits for a moment now and then. */
const SEEN_TIMES = 4;

/**
 * Watches whether a program waits for a lock of another process.
 * @param told - who has the lock, once the wait lasts; null when it is over.
 * @returns what ends the watch.
 */
export function watchLockWait(processId: number | undefined, told: (holder: LockHolder | null) => void): Cancel {
  if (processId === undefined) return () => {};
  let seen = 0;
  let toldOf: number | null = null;
  const look = setInterval(() => {
    const wait = lockWaitOf(attempt(() => readFileSync('/proc/locks', 'latin1')) ?? '', processId);
    seen = wait === null ? 0 : seen + 1;
    if (wait !== null && seen >= SEEN_TIMES && wait.processId !== toldOf) {
      toldOf = wait.processId;
      told(holderOf(wait, processId));
    }
    if (wait !== null || toldOf === null) return;
    toldOf = null;
    told(null);
  }, LOOK_MS);
  return () => clearInterval(look);
}

function holderOf(wait: { readonly processId: number; readonly inode: number }, waiting: number): LockHolder {
  return {
    process: wait.processId === 0 ? null : describeProcess(wait.processId),
    file: openFile(waiting, wait.inode),
  };
}

/** Path of a file that a process has open; null where it has none of this number. */
function openFile(processId: number, inode: number): string | null {
  const folder = `/proc/${processId}/fd`;
  for (const descriptor of attempt(() => readdirSync(folder)) ?? []) {
    const path = `${folder}/${descriptor}`;
    if (attempt(() => statSync(path))?.ino === inode) return whereItLeads(path);
  }
  return null;
}
