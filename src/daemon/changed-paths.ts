import type { Change } from '../changes/change.ts';
import type { NodeTree } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';

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

/**
 * What to verify first of what earlier runs left. Not the protected folders themselves: with all that is below them that
 * would be everything, and their names are part of the check of everything that follows.
 */
export function suspectPaths(tree: NodeTree, left: readonly ByteString[] | null): readonly ByteString[] | null {
  const roots = new Set([...tree.roots].map(({ name }) => name));
  return left?.filter((path) => !roots.has(path)) ?? null;
}
