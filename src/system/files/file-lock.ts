import { closeSync, openSync } from 'node:fs';
import type { Cancel } from '../../kernel/clock.ts';
import { lastError } from '../native/errno.ts';
import * as native from '../native/native.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;

/** @param waits - until nobody else has it. @returns false where it is locked by another, or can't be. Closing lets go of it. */
export function takeLock(file: number, waits: boolean): boolean {
  return native.flock(file, waits ? LOCK_EX : LOCK_EX | LOCK_NB) === 0;
}

/**
 * Locks a file for this process alone, as an application does that wants no other at it (flock(2)).
 * @returns what lets go of it; may be called again.
 * @throws NodeJS.ErrnoException ENOENT and others of open(2), FileError EAGAIN where another process has it locked.
 */
export function lockFile(path: string): Cancel {
  const file = openSync(path, 'r');
  if (!takeLock(file, false)) {
    const error = lastError('flock', path);
    closeSync(file);
    throw error;
  }
  let isOpen = true;
  return () => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
}

/** Does something while no other thread or process that asks the same way does: of a file or a folder that stays. */
export function withLock<Result>(path: string, action: () => Result): Result {
  const file = openSync(path, 'r');
  try {
    if (!takeLock(file, true)) throw lastError('flock', path);
    return action();
  } finally {
    closeSync(file);
  }
}
