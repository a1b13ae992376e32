import type { Node } from '../changes/node-tree.ts';
import type { SavedNode } from './store.ts';

/** What is written down of a node, as it is now. */
export function savedNode(node: Node): SavedNode {
  return {
    id: node.id,
    parent: node.parent?.id ?? null,
    name: node.name,
    type: node.type,
    inode: node.inode,
    mode: node.mode,
    uid: node.uid,
    gid: node.gid,
    sizeBytes: node.sizeBytes,
    mtimeSeconds: node.mtimeSeconds,
    mtimeNanoseconds: node.mtimeNanoseconds,
    ctimeSeconds: node.ctimeSeconds,
    ctimeNanoseconds: node.ctimeNanoseconds,
    otherNames: (node.otherNames ?? []).map(({ parent, name }) => ({ parent: parent.id, name })),
  };
}
