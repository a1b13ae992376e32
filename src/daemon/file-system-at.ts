import type { Mount } from '../system/mounts/mounts.ts';
import { isIn } from '../system/mounts/mounts.ts';

/** What Understudy mounts over an intercepted folder. */
const OWN_TYPE = 'fuse.understudy';

/** The kind of file system that holds what lies at a path: `ext4`. Our own mount over it holds nothing. Pure. */
export function fileSystemAt(path: string, mounts: readonly Pick<Mount, 'path' | 'type'>[]): string {
  const around = mounts.filter((mount) => mount.type !== OWN_TYPE && isIn(path, mount.path));
  // Of several at one path the last one is seen.
  const nearest = around.reduce<Pick<Mount, 'path' | 'type'> | null>(
    (best, mount) => (best === null || mount.path.length >= best.path.length ? mount : best),
    null,
  );
  return nearest?.type ?? 'an unknown file system';
}
