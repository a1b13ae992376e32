import type { Node } from '../changes/node-tree.ts';

const LOOK_MS = 10_000;
/** Looked at in one round; with more, each waits for its turn. */
const ROUND_MAX = 2000;

/**
 * Files with several names, for sources of notices that know a file only by the name used: what is
 * done through a name outside, or in a folder that was removed since, is found by looking now and then.
 */
export class LinkedFiles {
  readonly #files = new Set<Node>();
  #nextMs = 0;

  add(file: Node): void {
    this.#files.add(file);
  }

  /** @returns those to look at now. A look that still finds several names adds the file again. */
  due(nowMs: number): readonly Node[] {
    if (this.#files.size === 0 || nowMs < this.#nextMs) return [];
    this.#nextMs = nowMs + LOOK_MS;
    const due: Node[] = [];
    for (const file of this.#files) {
      if (due.length >= ROUND_MAX) break;
      due.push(file);
      this.#files.delete(file);
    }
    return due;
  }
}
