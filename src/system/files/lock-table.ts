import { deviceNumber } from './stat-buffer.ts';

/** A lock in the text of /proc/locks (proc_locks(5)): `2: POSIX  ADVISORY  WRITE 812 fe:00:1311 0 EOF`. */
const LOCK = /^\d+: (?:-> *)*\w+ +\w+ +\w+ +(-?\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /gm;

/**
 * Other processes that have a lock (flock, POSIX, of an open file, a lease) on a file of this device; one of an open
 * file is no process's, and counts as process 0.
 * @param text - of /proc/locks.
 */
export function lockersOf(text: string, file: { readonly device: number; readonly inode: number }): number[] {
  if (!text.includes(`:${file.inode} `)) return [];
  return [...text.matchAll(LOCK)]
    .filter(([, , major = '', minor = '', inode]) => {
      const [high, low] = [Number.parseInt(major, 16), Number.parseInt(minor, 16)];
      return Number(inode) === file.inode && deviceNumber(high, low) === file.device;
    })
    .map(([, processId]) => Math.max(Number(processId), 0))
    .filter((processId) => processId !== process.pid);
}

/**
 * Has another process a lock (flock, POSIX, of an open file, a lease) on the file?
 * @param text - of /proc/locks.
 * @param mountedDevice - `major:minor` of its mount in decimal, asked for where the table names the inode on
 * another device than stat(2).
 */
export function isLocked(
  text: string,
  file: { readonly device: number; readonly inode: number },
  mountedDevice: () => string | null,
): boolean {
  if (!text.includes(`:${file.inode} `)) return false;
  for (const [, processId, major = '', minor = '', inode] of text.matchAll(LOCK)) {
    if (Number(inode) !== file.inode || Number(processId) === process.pid) continue;
    const [high, low] = [Number.parseInt(major, 16), Number.parseInt(minor, 16)];
    if (deviceNumber(high, low) === file.device || mountedDevice() === `${high}:${low}`) return true;
  }
  return false;
}

/** One of its lines, with its number and what stands before a lock that is waited for. */
const LINE = /^(\d+): ( *-> )?\w+ +\w+ +\w+ +(-?\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /gm;

/**
 * Who has the lock that a process waits for, and on which file; process 0 for a lock that is no single one's. Null where
 * it waits for none.
 * @param text - of /proc/locks.
 */
export function lockWaitOf(text: string, processId: number): { processId: number; inode: number } | null {
  if (!text.includes('-> ')) return null;
  let holder: { number: string; processId: number } | null = null;
  for (const [, number = '', waits, process, inode] of text.matchAll(LINE)) {
    if (waits === undefined) holder = { number, processId: Math.max(Number(process), 0) };
    else if (Number(process) === processId && holder?.number === number)
      return { processId: holder.processId, inode: Number(inode) };
  }
  return null;
}
