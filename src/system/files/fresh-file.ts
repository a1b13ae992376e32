import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { takeLock } from './file-lock.ts';

/** What becomes a file once it is whole; of nobody but Understudy, so that it may be removed wherever it lies. */
const FRESH = /\.[0-9a-f]{12}\.understudy-new$/;
const MODE = 0o600;

/** Folders in which this thread found before what was left. */
const cleared = new Set<string>();

export interface FreshFile {
  readonly descriptor: number;
  readonly path: string;
}

/**
 * A new file beside `path`, to be renamed to it. As long as it is open it is locked, which tells it from one that was
 * left behind by a process that was killed.
 */
export function openFresh(path: string): FreshFile {
  removeLeft(dirname(path));
  for (;;) {
    const fresh = `${path}.${randomBytes(6).toString('hex')}.understudy-new`;
    const descriptor = openSync(fresh, 'wx', MODE);
    // Where a file system has no locks, nobody gets one to remove it either.
    takeLock(descriptor, true);
    // Somebody may have come between the two calls, and taken it for left behind.
    if (fstatSync(descriptor).nlink > 0) return { descriptor, path: fresh };
    closeSync(descriptor);
  }
}

/** Removes what killed processes left in a folder; once for each thread, for it is left at an end. What can't be removed stays. */
export function removeLeft(folder: string): void {
  if (cleared.has(folder)) return;
  const names = attempt(() => readdirSync(folder));
  if (names === null) return;
  cleared.add(folder);
  for (const name of names) if (FRESH.test(name)) attempt(() => removeUnlocked(join(folder, name)));
}

function removeUnlocked(path: string): void {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (takeLock(file, false)) unlinkSync(path);
  } finally {
    closeSync(file);
  }
}

/** Null where a call of the system failed. */
function attempt<Result>(action: () => Result): Result | null {
  try {
    return action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    return null;
  }
}
