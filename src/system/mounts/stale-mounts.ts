import { realpathSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { detachMount, mountById, MOUNT_TYPE, placeOf } from './fuse-mount.ts';
import { mountHolders } from './mount-holders.ts';
import { mounts } from './mounts.ts';

/** Whoever serves a mount answers by then. */
const ANSWER_MS = 5000;

/** A folder as the kernel names it, also where a mount over it is served by nobody. @throws an error of the system where it is not there. */
export function mountPointOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    if (isOther(error)) throw error;
    return join(realpathSync(dirname(folder)), basename(folder));
  }
}

/**
 * Takes away what an interception left over a folder whose process was killed: everything in it only gives errors.
 * @param path - as the kernel names it.
 * @returns false where somebody serves the mount that is there.
 */
export async function clearStaleMounts(path: string): Promise<boolean> {
  for (;;) {
    const top = mounts().findLast((mount) => mount.path === path);
    if (top?.type !== MOUNT_TYPE) return true;
    if (await isServed(path)) return false;
    detachMount(top);
    if (placeOf(top).kind !== 'gone') return false;
  }
}

/**
 * Takes away a mount of ours that nobody serves, and with it the errors that its folder would give to everybody.
 * @returns who had something open there, for people, or that nobody had; null where the mount has gone.
 */
export function takeAwayUnserved({ path, id }: { readonly path: string; readonly id: string }): string | null {
  const mount = mountById(path, id);
  if (mount === null || placeOf(mount).kind === 'moved') return null;
  // Before anything is asked of processes that may hang in it.
  detachMount(mount);
  const holders = mountHolders(mount, { isLeft: true }).map(({ name, processId }) => `${name} (${processId})`);
  return holders.length === 0 ? 'nobody' : holders.join(', ');
}

/** Takes away all mounts of ours whose connection has ended, wherever they are. */
export async function clearDeadMounts(): Promise<void> {
  const paths = new Set(mounts().flatMap(({ type, path }) => (type === MOUNT_TYPE ? [path] : [])));
  for (const path of paths) await clearStaleMounts(path);
}

/** Asks on a thread of the pool, for one who hangs would not answer. */
async function isServed(path: string): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(true), ANSWER_MS);
  try {
    return await Promise.race([statfs(path).then(() => true, isOther), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Is it another error than that of a connection whose other end is gone? */
function isOther(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code !== 'ENOTCONN' && code !== 'ECONNABORTED';
}
