import { toDisplay } from '../kernel/byte-string.ts';
import { FileError, Stat } from '../kernel/files.ts';
import type { Node } from '../changes/node-tree.ts';
import { Problem } from '../problems/problem.ts';
import { realPath } from './file-facts.ts';
import type { Replica } from './replica.ts';

/**
 * Sees to it that what is open is what the paths lead to. A file system that was taken away, repaired and mounted
 * anew is the same one, and yet all that was opened before belongs to a mount that nobody sees any more.
 * @throws Problem APL-042 where that is so: Apply has to begin anew.
 */
export function expectSameMounts(replica: Replica): void {
  for (const root of replica.tree.roots) {
    if (root.inode !== 0 && isMountedAnew(replica, root)) throw new Problem('APL-042', { path: toDisplay(root.name) });
  }
}

function isMountedAnew({ files, folders, base }: Replica, root: Node): boolean {
  const stat = new Stat();
  let now: number | null = null;
  try {
    const before = folders.open(root);
    now = files.openFolder(realPath(base, root.name));
    files.stat(now, stat);
    return stat.inode === root.inode && files.fileSystem(now).mount !== files.fileSystem(before).mount;
  } catch (error) {
    // What can't be opened is told item by item.
    if (error instanceof FileError) return false;
    throw error;
  } finally {
    if (now !== null) files.close(now);
  }
}
