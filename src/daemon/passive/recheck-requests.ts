import type { NodeId } from '../../changes/change.ts';
import { RECHECK_PATH_BYTES_MAX } from '../../changes/data-frame-codec.ts';
import type { ByteString } from '../../kernel/byte-string.ts';

/** Items asked for in one frame, … */
const ITEMS_PER_FRAME = 2048;
/** … and the length of their paths together. */
const PATH_BYTES_PER_FRAME = 512 * 1024;
/** Items remembered that were asked for over one connection. */
const ASKED_MAX = 65_536;

/** What the active server is asked to state again. */
export interface Recheck {
  readonly nodes: readonly NodeId[];
  readonly paths: readonly ByteString[];
  readonly everything: boolean;
}

/**
 * Items the passive wants to be stated again, gathered so that each is asked for once. What was asked
 * for over a connection that breaks may not have arrived: all of it is asked for again.
 */
export class RecheckRequests {
  readonly #nodes = new Set<NodeId>();
  readonly #paths = new Set<ByteString>();
  readonly #askedNodes = new Set<NodeId>();
  readonly #askedPaths = new Set<ByteString>();
  #everything = false;
  #askedTooMany = false;

  node(id: NodeId): void {
    this.#nodes.add(id);
  }

  path(path: ByteString): void {
    if (path.length <= RECHECK_PATH_BYTES_MAX) this.#paths.add(path);
    else this.everything();
  }

  /** A check of everything, besides. */
  everything(): void {
    this.#everything = true;
  }

  /** @returns what to ask for now; null when nothing waits. */
  take(): Recheck | null {
    const everything = this.#everything;
    if (!everything && this.#nodes.size === 0 && this.#paths.size === 0) return null;
    this.#everything = false;
    const nodes = takeSome(this.#nodes, () => 0);
    const paths = takeSome(this.#paths, (path) => path.length);
    this.#remember(nodes, paths);
    return { nodes, paths, everything };
  }

  /** The connection broke. */
  lost(): void {
    for (const node of this.#askedNodes) this.#nodes.add(node);
    for (const path of this.#askedPaths) this.#paths.add(path);
    if (this.#askedTooMany) this.#everything = true;
    this.forget();
  }

  /** What was asked for is settled in another way: by a check of everything that began since. */
  forget(): void {
    this.#askedNodes.clear();
    this.#askedPaths.clear();
    this.#askedTooMany = false;
  }

  #remember(nodes: readonly NodeId[], paths: readonly ByteString[]): void {
    if (this.#askedNodes.size + this.#askedPaths.size > ASKED_MAX) {
      this.forget();
      this.#askedTooMany = true;
    }
    for (const node of nodes) this.#askedNodes.add(node);
    for (const path of paths) this.#askedPaths.add(path);
  }
}

function takeSome<T>(from: Set<T>, bytesOf: (item: T) => number): T[] {
  const taken: T[] = [];
  let bytes = 0;
  for (const item of from) {
    if (taken.length === ITEMS_PER_FRAME || bytes > PATH_BYTES_PER_FRAME) break;
    taken.push(item);
    bytes += bytesOf(item);
  }
  for (const item of taken) from.delete(item);
  return taken;
}
