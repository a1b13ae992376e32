import type { Mount } from '../system/mounts/mounts.ts';
import { isIn } from '../system/mounts/mounts.ts';

/** What Understudy mounts over an intercepted folder. */
const OWN_TYPE = 'fuse.understudy';

/** The mount that holds what lies at a path. Our own over it holds nothing. Pure. */
export function mountAt<M extends Pick<Mount, 'path' | 'type'>>(path: string, mounts: readonly M[]): M | null {
  const around = mounts.filter((mount) => mount.type !== OWN_TYPE && isIn(path, mount.path));
  // Of several at one path the last one is seen.
  return around.reduce<M | null>(
    (best, mount) => (best === null || mount.path.length >= best.path.length ? mount : best),
    null,
  );
}

/** Whether a folder is intercepted. Pure. */
export function isOurs(path: string, mounts: readonly Pick<Mount, 'path' | 'type'>[]): boolean {
  return mounts.some((mount) => mount.path === path && mount.type === OWN_TYPE);
}
