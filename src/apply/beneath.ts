import type { Node, NodeTree } from '../changes/node-tree.ts';
import { type ByteString, isWithin } from '../kernel/byte-string.ts';
import { type Files, isAbsence } from '../kernel/files.ts';

/** What it takes to go down a path. */
export interface Ways {
  readonly files: Files;
  readonly tree: NodeTree;
  readonly folders: { open(folder: Node): number };
}

/** The protected folder that holds a protected path. */
export function rootOf(tree: NodeTree, path: ByteString): Node | undefined {
  let best: Node | undefined;
  for (const root of tree.roots) {
    if (isWithin(path, root.name) && (best === undefined || root.name.length > best.name.length)) best = root;
  }
  return best;
}

/**
 * Runs `use` with the open folder in which a protected path lies, whether the tree knows it or not. It is
 * opened name by name from the protected folder down, without following links.
 * @returns false where there is no such folder.
 * @throws FileError as openat(2), and what `use` throws.
 */
export function withFolderOf(
  { files, tree, folders }: Ways,
  path: ByteString,
  use: (folder: number, name: ByteString) => void,
): boolean {
  const root = rootOf(tree, path);
  const names = path
    .slice(root?.name.length ?? 0)
    .split('/')
    .filter((name) => name !== '') as ByteString[];
  const last = names.pop();
  if (root === undefined || last === undefined) return false;
  const opened: number[] = [];
  try {
    let folder = folders.open(root);
    for (const name of names) opened.push((folder = files.openFolderAt(folder, name)));
    use(folder, last);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  } finally {
    for (const folder of opened) files.close(folder);
  }
}
