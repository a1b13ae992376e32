import { KnownNodes, plainFilesIn } from '../../intercept/mount-way.ts';
import { type NodeNumber, numberOf } from '../../system/mounts/node-handle.ts';
import type { StreamInterception } from '../stream/thread-messages.ts';

/** Whether the kernel may remember anything of a node through one of these mounts. */
export function knownThrough(folders: StreamInterception['folders']): (node: NodeNumber) => boolean {
  const mounts = folders.map(({ wayMemory, root }) => ({ known: new KnownNodes(wayMemory), root: numberOf(root) }));
  return ({ low }) => mounts.some(({ known, root }) => root?.low === low || known.has(low));
}

/** For what somebody changed past these mounts: of a file that was made through them less is known than before. */
export function plainNoMore(folders: StreamInterception['folders']): (node: NodeNumber) => void {
  const mounts = folders.map(({ wayMemory }) => plainFilesIn(wayMemory));
  return ({ low }) => {
    for (const plain of mounts) plain.remove(low);
  };
}
