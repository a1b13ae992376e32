import type { Node, NodeTree } from '../changes/node-tree.ts';
import type { Stat } from '../kernel/files.ts';

export interface InodeIndexOptions {
  readonly tree: NodeTree;
  /** Device of the file system on which a protected folder lies. */
  readonly deviceOf: (root: Node) => number;
  /** A node and all below it. */
  readonly subtree: (node: Node) => readonly Node[];
}

/** The tree's nodes by their inodes. Made when it is first asked, for mostly nobody does. */
export class InodeIndex {
  readonly #options: InodeIndexOptions;
  #nodes: Map<string, Node> | null = null;

  constructor(options: InodeIndexOptions) {
    this.#options = options;
  }

  find(stat: Readonly<Stat>): Node | undefined {
    this.#nodes ??= this.#made();
    const node = this.#nodes.get(keyOf(stat.device, stat.inode));
    // Entries of nodes that are gone or have another inode now stay behind.
    return node !== undefined && this.#options.tree.get(node.id) === node && node.inode === stat.inode
      ? node
      : undefined;
  }

  put(device: number, inode: number, node: Node): void {
    this.#nodes?.set(keyOf(device, inode), node);
  }

  /** The tree is about to be another. */
  clear(): void {
    this.#nodes = null;
  }

  #made(): Map<string, Node> {
    const { tree, deviceOf, subtree } = this.#options;
    const nodes = new Map<string, Node>();
    for (const root of tree.roots) {
      const device = deviceOf(root);
      for (const node of subtree(root)) if (node.inode !== 0) nodes.set(keyOf(device, node.inode), node);
    }
    return nodes;
  }
}

function keyOf(device: number, inode: number): string {
  return `${String(device)}:${String(inode)}`;
}
