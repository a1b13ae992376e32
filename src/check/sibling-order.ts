import { NameList } from '../changes/name-list.ts';
import type { Node } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';

/**
 * Which name comes next in a folder. The order is kept for one folder at a time: where many names of a
 * large folder went, each asks for its next one.
 */
export class SiblingOrder {
  #folder: Node | null = null;
  #names = new NameList();
  #arrivals = 0;

  /** @returns null where none comes after. */
  next(folder: Node, name: ByteString): ByteString | null {
    const { children } = folder;
    if (children === null) return null;
    if (this.#folder !== folder) {
      this.#folder = folder;
      this.#names = NameList.of(children.keys()).sort();
    } else {
      this.#names.merge(children.since(this.#arrivals));
    }
    this.#arrivals = children.arrivals;
    for (let at = this.#names.firstAfter(name); at < this.#names.length; at += 1) {
      const next = this.#names.at(at);
      if (children.has(next)) return next;
    }
    return null;
  }
}
