import { INLINE_BYTES_MAX } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import { FileError, Stat } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import type { Replica } from './replica.ts';

/** The content of a small file; null where it can't be read or is no longer small. */
export function readWhole(replica: Replica, node: Node): Uint8Array | null {
  if (node.parent === null) return null;
  const { files, folders } = replica;
  let file: number | null = null;
  try {
    file = files.openAt(folders.open(node.parent), node.name, OPEN.readOnly | OPEN.nonBlocking | OPEN.noAccessTime);
    const stat = new Stat();
    files.stat(file, stat);
    if (stat.sizeBytes > INLINE_BYTES_MAX) return null;
    const content = new Uint8Array(stat.sizeBytes);
    for (let done = 0; done < content.length; ) {
      const count = files.read(file, content, { offset: done, length: content.length - done, position: done });
      if (count === 0) return null;
      done += count;
    }
    return content;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return null;
  } finally {
    if (file !== null) files.close(file);
  }
}
