import { forgetNode } from '../../fuse/notices.ts';
import { ROOT_NODE } from '../../fuse/root-node.ts';
import { KnownNodes } from '../../intercept/mount-way.ts';
import type { NodeNumber } from '../../system/mounts/node-handle.ts';
import type { KernelMemory } from '../../system/mounts/told-files.ts';

/** A mount whose files are changed underneath. */
export interface ToldMount {
  /** From makeWayMemory. */
  readonly wayMemory: SharedArrayBuffer;
  /** Its connection to the kernel. */
  readonly notices: number;
  /** Number of the folder that it lies over; null where it has none. */
  readonly root: NodeNumber | null;
}

/** Has the kernel forget what it may remember of nodes through these mounts. Numbers that are another's do no harm. */
export class ToldKernel implements KernelMemory {
  readonly #mounts: readonly { readonly mount: ToldMount; readonly known: KnownNodes }[];
  readonly #tell: (connection: number, notice: Uint8Array) => void;

  constructor(mounts: readonly ToldMount[], tell: (connection: number, notice: Uint8Array) => void) {
    this.#mounts = mounts.map((mount) => ({ mount, known: new KnownNodes(mount.wayMemory) }));
    this.#tell = tell;
  }

  get isEmpty(): boolean {
    return this.#mounts.every(({ known }) => known.isEmpty);
  }

  forget(node: NodeNumber): void {
    for (const { mount, known } of this.#mounts) {
      const isRoot = mount.root?.low === node.low && mount.root.high === node.high;
      const { low, high } = isRoot ? ROOT_NODE : node;
      if (known.has(low)) this.#tell(mount.notices, forgetNode(low, high));
    }
  }
}
