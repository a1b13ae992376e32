import type { Node } from '../changes/node-tree.ts';
import { isShell } from '../changes/left-out.ts';
import { typeOf } from '../changes/node-facts.ts';
import { type ByteString, joinPath, toDisplay } from '../kernel/byte-string.ts';
import { FileError } from '../kernel/files.ts';
import type { WallMs } from '../kernel/units.ts';
import type { ProblemData } from '../problems/problem.ts';
import { statOf } from './adoption.ts';
import type { Replica } from './replica.ts';
import type { MarkStatus } from './store.ts';

/** One item that is not known to be equal. */
export interface ApplyItem {
  readonly path: ByteString;
  /** What the tree knows of it; null for a name that should not be there. */
  readonly node: Node | null;
  readonly status: MarkStatus;
  readonly since: WallMs;
  readonly problem: ProblemData | null;
}

/** Every item that is not known to be equal, those without a node last. */
export function* markedItems(replica: Replica): Generator<ApplyItem> {
  const { tree, marks } = replica;
  for (const [id, mark] of marks.nodes) {
    const node = tree.get(id);
    const path = node === undefined ? null : tree.pathOf(node);
    if (node !== undefined && path !== null) yield { path, node, ...mark };
  }
  for (const [path, mark] of marks.paths) yield { path, node: null, ...mark };
}

/** A stranger's thing that is gone again is nobody's item. */
export function lookAtStrangers(replica: Replica): void {
  const { tree, marks } = replica;
  for (const [path, mark] of marks.paths) {
    if (mark.status !== 'Unchecked') continue;
    const parent = tree.find(path.slice(0, path.lastIndexOf('/')) as ByteString);
    const name = path.slice(path.lastIndexOf('/') + 1) as ByteString;
    // Its folder has gone, perhaps for a file.
    const isOver =
      parent?.type !== 'folder' || tree.child(parent, name) !== undefined || !isStrange(replica, parent, name);
    if (isOver) marks.clearPath(path);
    else replica.recheck(parent.id);
  }
}

/** Is there something that should not be? What the settings leave out, and a folder on the way to it, may be. */
function isStrange(replica: Replica, parent: Node, name: ByteString): boolean {
  const { files, folders, protectedSet, tree } = replica;
  const folder = tree.pathOf(parent);
  if (folder === null) return false;
  try {
    const stat = statOf(replica, parent, name);
    const isFolder = stat !== null && typeOf(stat) === 'folder';
    const path = joinPath(folder, name);
    if (stat === null || !protectedSet.covers(path, isFolder)) return false;
    return !isFolder || !isShell(files, protectedSet, { folder: folders.open(parent), name }, path);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    // Nobody can tell for now.
    return true;
  }
}

/** What was refused before a restart still is, and nobody has been told since; other problems are told by who sees them. */
export function tellRefused(replica: Replica): void {
  for (const { path, node, status, problem } of markedItems(replica)) {
    if (problem?.code !== 'APL-001') continue;
    // It may have been renamed since it was refused: what is told is over by the same path.
    const now = { ...problem, parameters: { ...problem.parameters, path: toDisplay(path) } };
    if (node !== null) replica.marks.set(node.id, status, now);
    replica.host.note({ kind: 'problem', path, problem: now });
  }
}
