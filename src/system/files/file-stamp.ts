import { statSync } from 'node:fs';
import { sameTimeForMs } from './change-time.ts';

/** A file as it is now. */
export interface FileStamp {
  /** Another one after each change that is made once `unsureMs` are over. */
  readonly stamp: string;
  /** For so long a further change may leave the same stamp. */
  readonly unsureMs: number;
}

/** Null where there is no such file. @throws Node's own error of stat(2). */
export function stampedNow(path: string): FileStamp | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) return null;
  const stamp = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ');
  return { stamp, unsureMs: sameTimeForMs(stat, Date.now()) };
}
