import type { Node } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { firstAfter, withArrivals } from './name-order.ts';

/**
 * Which name comes next in a folder. The order is kept for one folder at a time: where many names of a
 * large folder went, each asks for its next one.
 */
export class SiblingOrder {
  #folder: Node | null = null;
  #names: readonly ByteString[] = [];
  #arrivals = 0;

  /** @returns null where none comes after. */
  next(folder: Node, name: ByteString): ByteString | null {
    const { children } = folder;
    if (children === null) return null;
    if (this.#folder !== folder) {
      this.#folder = folder;
      this.#names = [...children.keys()].sort();
    } else {
      this.#names = withArrivals(this.#names, children.since(this.#arrivals));
    }
    this.#arrivals = children.arrivals;
    for (let at = firstAfter(this.#names, name); at < this.#names.length; at += 1) {
      const next = this.#names[at] as ByteString;
      if (children.has(next)) return next;
    }
    return null;
  }
}
