import type { MonotonicMs } from '../../kernel/units.ts';

/** It is told so often what came or went meanwhile. */
const EVERY_MS = 5000;

/** Tells the passive server, while nothing may be changed there, how the protected folders stand. */
export class FolderReminder {
  readonly #tree: { readonly revision: number };
  readonly #capture: { readonly isWalking: boolean; tellFolders(): void };
  /** When that was last told, and the tree's revision then. */
  #told = { at: 0, revision: 0 };

  constructor(tree: { readonly revision: number }, capture: { readonly isWalking: boolean; tellFolders(): void }) {
    this.#tree = tree;
    this.#capture = capture;
  }

  step(at: MonotonicMs): void {
    const { revision } = this.#tree;
    if (at - this.#told.at < EVERY_MS || revision === this.#told.revision || this.#capture.isWalking) return;
    this.#told = { at, revision };
    this.#capture.tellFolders();
  }
}
