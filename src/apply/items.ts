import type { Node } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { WallMs } from '../kernel/units.ts';
import type { ProblemData } from '../problems/problem.ts';
import { statOf } from './adoption.ts';
import type { Replica } from './replica.ts';
import type { MarkStatus } from './store.ts';

/** One item and how it stands. */
export interface ApplyItem {
  readonly path: ByteString;
  /** What the tree knows of it; null for a name that should not be there. */
  readonly node: Node | null;
  readonly status: 'Synchronized' | MarkStatus;
  readonly since: WallMs | null;
  readonly problem: ProblemData | null;
}

/** Every item with its status, those without a node last; `only` leaves out the others. */
export function* itemsOf(replica: Replica, only?: 'Synchronized' | MarkStatus): Generator<ApplyItem> {
  const { tree, marks } = replica;
  for (const node of tree.nodes) {
    const mark = marks.get(node.id);
    const status = mark?.status ?? 'Synchronized';
    if (only !== undefined && only !== status) continue;
    const path = tree.pathOf(node);
    if (path !== null) yield { path, node, status, since: mark?.since ?? null, problem: mark?.problem ?? null };
  }
  for (const [path, mark] of marks.paths) {
    if (only === undefined || only === mark.status) yield { path, node: null, ...mark };
  }
}

/** A stranger's thing that is gone again is nobody's item. */
export function lookAtStrangers(replica: Replica): void {
  const { tree, marks } = replica;
  for (const [path, mark] of marks.paths) {
    if (mark.status !== 'Unchecked') continue;
    const parent = tree.find(path.slice(0, path.lastIndexOf('/')) as ByteString);
    const name = path.slice(path.lastIndexOf('/') + 1) as ByteString;
    // Its folder has gone, or is doubted itself wherever it is called now.
    const isOver =
      parent === undefined || tree.child(parent, name) !== undefined || statOf(replica, parent, name) === null;
    if (isOver) marks.clearPath(path);
    else replica.recheck(parent.id);
  }
}
