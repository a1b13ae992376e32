import type { NodeId } from '../changes/change.ts';

/** Items asked for in one frame. */
const ITEMS_PER_FRAME = 2048;

/** Items the passive wants to be stated again, gathered so that each is asked for once. */
export class RecheckRequests {
  readonly #nodes = new Set<NodeId>();
  readonly #paths = new Set<string>();

  node(id: NodeId): void {
    this.#nodes.add(id);
  }

  path(path: string): void {
    this.#paths.add(path);
  }

  /** @returns what to ask for now; null when nothing waits. */
  take(): { nodes: NodeId[]; paths: string[] } | null {
    if (this.#nodes.size === 0 && this.#paths.size === 0) return null;
    return { nodes: takeSome(this.#nodes), paths: takeSome(this.#paths) };
  }
}

function takeSome<T>(from: Set<T>): T[] {
  const taken: T[] = [];
  for (const item of from) {
    if (taken.length === ITEMS_PER_FRAME) break;
    taken.push(item);
  }
  for (const item of taken) from.delete(item);
  return taken;
}
