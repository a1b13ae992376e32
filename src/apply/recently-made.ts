import type { NodeId } from '../changes/change.ts';
import type { MonotonicMs } from '../kernel/units.ts';

const YOUNG_MS = 60_000;
/** Of more than these the oldest count as old: 3 MiB. */
const NODES_MAX = 50_000;

/** Nodes that the stream made less than a minute ago: what comes and goes so fast is nobody's loss. Pure: time is given. */
export class RecentlyMade {
  /** In the order in which they were made. */
  readonly #madeAt = new Map<NodeId, MonotonicMs>();

  add(node: NodeId, now: MonotonicMs): void {
    this.#madeAt.delete(node);
    this.#madeAt.set(node, now);
    for (const [oldest, at] of this.#madeAt) {
      if (this.#madeAt.size <= NODES_MAX && now - at < YOUNG_MS) return;
      this.#madeAt.delete(oldest);
    }
  }

  has(node: NodeId, now: MonotonicMs): boolean {
    const at = this.#madeAt.get(node);
    return at !== undefined && now - at < YOUNG_MS;
  }

  /** It is gone, or took the place of something that is not young. */
  forget(node: NodeId): void {
    this.#madeAt.delete(node);
  }

  clear(): void {
    this.#madeAt.clear();
  }
}
