import type { Node, NodeTree } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { Troubles } from './troubles.ts';
import type { Walk } from './walk.ts';

/** What gives no notice is looked at all the same: soon, for it may be over in a moment, then ever later. */
const AFTER_MS_MIN = 1_000;
const AFTER_MS_MAX = 10_000;
/** Items looked at each time, the longest-known first, then the next ones. */
const ITEMS_MAX = 200;

/**
 * What no notice tells of: names in folders that can't be watched, and items that could not be read and
 * may be readable again (a disk that answers again, a lease that was given up).
 */
export class Retries {
  readonly #tree: NodeTree;
  readonly #walk: Walk;
  readonly #troubles: Troubles;
  readonly #note: (folder: Node, name: ByteString) => void;
  #nextMs = 0;
  /** From the last look until the next one; 0 while there is nothing to look at. */
  #afterMs = 0;
  /** Unreadable items that had their turn in this round. */
  #passed = 0;

  constructor(parts: {
    tree: NodeTree;
    walk: Walk;
    troubles: Troubles;
    note: (folder: Node, name: ByteString) => void;
  }) {
    this.#tree = parts.tree;
    this.#walk = parts.walk;
    this.#troubles = parts.troubles;
    this.#note = parts.note;
  }

  step(nowMs: number): void {
    if (this.#walk.unwatched.size === 0 && this.#troubles.unreadable.size === 0) {
      this.#afterMs = 0;
      return;
    }
    if (this.#afterMs > 0 && nowMs < this.#nextMs) return;
    const isNew = this.#afterMs === 0;
    this.#afterMs = isNew ? AFTER_MS_MIN : Math.min(2 * this.#afterMs, AFTER_MS_MAX);
    this.#nextMs = nowMs + this.#afterMs;
    if (isNew) return;
    for (const folder of this.#walk.unwatched) this.#walk.enter(folder, false);
    this.#lookAtUnreadable();
  }

  #lookAtUnreadable(): void {
    const { unreadable } = this.#troubles;
    if (this.#passed >= unreadable.size) this.#passed = 0;
    let index = 0;
    for (const path of unreadable.keys()) {
      if (index++ < this.#passed) continue;
      if (index > this.#passed + ITEMS_MAX) break;
      // A protected folder itself is no name in another one.
      const root = this.#tree.root(path);
      if (root !== undefined) {
        this.#walk.enter(root, false);
        continue;
      }
      const cut = path.lastIndexOf('/');
      const folder = this.#tree.find(path.slice(0, cut) as ByteString);
      if (folder !== undefined) this.#note(folder, path.slice(cut + 1) as ByteString);
    }
    this.#passed += ITEMS_MAX;
  }
}
