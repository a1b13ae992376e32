import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import type { Name, Node, NodeTree } from './node-tree.ts';
import type { ProtectedSet } from './protected-set.ts';

/** What of a tree is no item any more: protected folders as a whole, and names; none lies in another. */
export interface Outside {
  readonly roots: readonly Node[];
  readonly names: readonly Name[];
}

/** What a tree holds that the set does not cover. */
export function outsideOf(tree: NodeTree, set: ProtectedSet): Outside {
  const paths = new Set(set.folders.map(({ path }) => path));
  const roots: Node[] = [];
  const names: Name[] = [];
  const waiting: { readonly folder: Node; readonly path: ByteString }[] = [];
  for (const root of tree.roots) {
    if (paths.has(root.name)) waiting.push({ folder: root, path: root.name });
    else roots.push(root);
  }
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { folder, path } = next;
    if (set.coversAllBelow(path)) continue;
    for (const [name, child] of folder.children ?? []) {
      const at = joinPath(path, name);
      if (!set.covers(at, child.type === 'folder')) names.push({ parent: folder, name });
      else if (child.type === 'folder') waiting.push({ folder: child, path: at });
    }
  }
  return { roots, names };
}

/** Folders of the tree in which there may be something that is an item now and was none before. */
export function mayHoldNew(tree: NodeTree, before: ProtectedSet): Node[] {
  const found: Node[] = [];
  const known = new Set(before.folders.map(({ path }) => path));
  const waiting: { readonly folder: Node; readonly path: ByteString }[] = [];
  for (const root of tree.roots) if (known.has(root.name)) waiting.push({ folder: root, path: root.name });
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { folder, path } = next;
    if (before.coversAllBelow(path)) continue;
    found.push(folder);
    for (const [name, child] of folder.children ?? []) {
      if (child.type === 'folder') waiting.push({ folder: child, path: joinPath(path, name) });
    }
  }
  return found;
}

/** Does a protected folder of one set lie in one of the other, being another one? */
export function areFoldersNested(one: ProtectedSet, other: ProtectedSet): boolean {
  const isIn = (path: string, folder: string): boolean =>
    path !== folder && path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
  return one.folders.some(({ path }) => other.folders.some((f) => isIn(path, f.path) || isIn(f.path, path)));
}
