import type { NodeId } from '../changes/change.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { Pulls } from './pulls.ts';
import type { Replica } from './replica.ts';
import type { MarkStatus } from './store.ts';

/** An item, or a name without one. */
export type Doubted = NodeId | ByteString;

/** What was asked for again and again, and is not known to be equal. */
export interface LongDoubt {
  readonly item: Doubted;
  readonly path: ByteString;
  readonly status: MarkStatus;
  /** Content for it is on its way. */
  readonly isComing: boolean;
}

/** Items that are not known to be equal, with nothing named that is in the way. */
export class LongDoubts {
  readonly #replica: Replica;
  readonly #pulls: Pick<Pulls, 'isAsking'>;

  constructor(replica: Replica, pulls: Pick<Pulls, 'isAsking'>) {
    this.#replica = replica;
    this.#pulls = pulls;
  }

  /** Names without an item are asked for every second, so each that is marked is among them. */
  *all(): Generator<LongDoubt> {
    const { marks, tree } = this.#replica;
    for (const item of marks.asked) {
      const node = tree.get(item);
      const path = node === undefined ? null : tree.pathOf(node);
      const mark = marks.get(item);
      if (path === null || mark === undefined || this.isOver(item)) continue;
      yield { item, path, status: mark.status, isComing: this.#pulls.isAsking(item) };
    }
    for (const [path, { status, problem }] of marks.paths)
      if (problem === null) yield { item: path, path, status, isComing: false };
  }

  /** Is it known to be equal, or is it named what is in the way? */
  isOver(item: Doubted): boolean {
    const { marks, holds, passing } = this.#replica;
    const mark = typeof item === 'number' ? marks.get(item) : marks.ofPath(item);
    return mark?.problem !== null || passing.has(item) || (typeof item === 'number' && holds.has(item));
  }
}
