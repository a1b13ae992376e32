import type { Change } from '../../changes/change.ts';
import type { NodeTree } from '../../changes/node-tree.ts';
import type { ByteString } from '../../kernel/byte-string.ts';

/**
 * The items to look at again should this change be lost: of a new, moved or deleted name its folder,
 * otherwise the node itself. Empty for what is no modification.
 */
export function changedPaths(tree: NodeTree, change: Change): ByteString[] {
  switch (change.kind) {
    case 'create':
    case 'link':
    case 'unlink':
      return pathsOf(tree, change.parent);
    case 'rename':
      return [...pathsOf(tree, change.parent), ...pathsOf(tree, change.newParent)];
    case 'content':
    case 'write':
    case 'attributes':
      return pathsOf(tree, change.node);
    case 'verifyContent':
      return change.check === 0 ? pathsOf(tree, change.node) : [];
    default:
      return [];
  }
}

function pathsOf(tree: NodeTree, id: number): ByteString[] {
  const node = tree.get(id);
  const path = node === undefined ? null : tree.pathOf(node);
  return path === null ? [] : [path];
}

/** What to verify first of what earlier runs left. */
export interface Suspects {
  /** Files whose content or attributes changed, and names that are not there. */
  readonly paths: readonly ByteString[];
  /** Folders in which names came or went: what has a new name may have come with content. Suspects below stand there themselves. */
  readonly folders: readonly ByteString[];
}

/** @param left - null where it is too much to be named; then so is the answer. */
export function suspectsOf(tree: NodeTree, left: readonly ByteString[] | null): Suspects | null {
  if (left === null) return null;
  const isFolder = (path: ByteString): boolean => tree.find(path)?.type === 'folder';
  return { paths: left.filter((path) => !isFolder(path)), folders: left.filter(isFolder) };
}
