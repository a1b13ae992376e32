import { forgetName, forgetNode } from '../../fuse/notices.ts';
import { ROOT_NODE } from '../../fuse/root-node.ts';
import type { NodeNumber } from '../../system/mounts/node-handle.ts';
import type { ChangePast } from '../stream/notices-past.ts';

/** Batches that wait at most. What is beyond is not seen through the mounts until the kernel forgets it by itself. */
const BATCHES_MAX = 256;

/** A mount, as far as the kernel has to be told of what is changed past it. */
export interface PassedMount {
  /** Its connection to the kernel. */
  readonly notices: number;
  /** Number of the folder that it lies over; null where it has none. */
  readonly root: NodeNumber | null;
}

/**
 * Has the kernel forget what was changed past the mounts, one after the other, aside: it may wait for a request that is
 * being answered, which may wait for the stream worker.
 */
export class PastChanges {
  readonly #mounts: () => readonly PassedMount[];
  readonly #tell: (connection: number, notice: Uint8Array) => Promise<void>;
  readonly #waiting: (readonly ChangePast[])[] = [];
  #isTelling = false;

  constructor(mounts: () => readonly PassedMount[], tell: (connection: number, notice: Uint8Array) => Promise<void>) {
    this.#mounts = mounts;
    this.#tell = tell;
  }

  take(changes: readonly ChangePast[]): void {
    if (this.#waiting.length < BATCHES_MAX) this.#waiting.push(changes);
    if (!this.#isTelling) void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    for (let changes = this.#waiting.shift(); changes !== undefined; changes = this.#waiting.shift()) {
      for (const change of changes) await this.#tellOf(change);
    }
    this.#isTelling = false;
  }

  async #tellOf({ node, name }: ChangePast): Promise<void> {
    for (const { root, notices } of this.#mounts()) {
      const { low, high } = root?.low === node.low && root.high === node.high ? ROOT_NODE : node;
      await this.#tell(notices, name === null ? forgetNode(low, high) : forgetName(low, high, name));
    }
  }
}
