import type { Node } from '../changes/node-tree.ts';

/** Longer than a tick of the kernel's clock (10 ms at most), and than a notice takes to be queued. */
const FRESH_MS = 30;

/**
 * Nodes whose status was taken over so lately that a change made since may show the same times: the
 * kernel's clock for files ticks in milliseconds. A notice of new content for one of them means that
 * it must be read again whatever its status says.
 */
export class FreshNodes {
  #nodes = new Set<Node>();
  #older = new Set<Node>();
  #turnedMs = Number.NEGATIVE_INFINITY;

  add(node: Node): void {
    this.#nodes.add(node);
  }

  has(node: Node): boolean {
    return this.#nodes.has(node) || this.#older.has(node);
  }

  /**
   * All notices up to `beganMs` were read: what was added long enough before that is fresh no more.
   * @param nowMs - the same clock, after the last addition.
   */
  endDrain(beganMs: number, nowMs: number): void {
    if (beganMs - this.#turnedMs < FRESH_MS) return;
    this.#turnedMs = nowMs;
    this.#older = this.#nodes;
    this.#nodes = new Set();
  }
}
