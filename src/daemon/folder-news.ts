import type { Capture } from '../capture/capture.ts';
import type { NodeTree } from '../changes/node-tree.ts';
import type { MonotonicMs } from '../kernel/units.ts';

/** While nothing may be changed on the passive server, it is told so often what came or went meanwhile. */
const EVERY_MS = 5000;

/** Tells how the protected folders stand, where that may be news. */
export class FolderNews {
  readonly #capture: Pick<Capture, 'tellFolders' | 'isWalking'>;
  readonly #tree: Pick<NodeTree, 'revision'>;
  /** When it was last told, and the tree's revision then. */
  #told = { at: 0, revision: 0 };

  constructor(capture: Pick<Capture, 'tellFolders' | 'isWalking'>, tree: Pick<NodeTree, 'revision'>) {
    this.#capture = capture;
    this.#tree = tree;
  }

  step(at: MonotonicMs): void {
    const { revision } = this.#tree;
    if (at - this.#told.at < EVERY_MS || revision === this.#told.revision || this.#capture.isWalking) return;
    this.#told = { at, revision };
    this.#capture.tellFolders();
  }
}
