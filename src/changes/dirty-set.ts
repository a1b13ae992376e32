import type { ByteString } from '../kernel/byte-string.ts';
import type { Change, NodeId } from './change.ts';

/** More than this is too much to name: then only a check of everything helps. */
const ENTRIES_MAX = 200_000;

/**
 * What changes touched, by ids that stay right whatever is renamed later: names (what they lead to
 * may differ) and nodes (their content or attributes may differ). Two trees that were equal before
 * the changes can differ in nothing else afterwards. Bounded.
 */
export class DirtySet {
  /** Names by the folder they are in. */
  readonly names = new Map<NodeId, Set<ByteString>>();
  readonly nodes = new Set<NodeId>();
  #nameCount = 0;
  #isTooMuch = false;

  /** Names and nodes; at least so many, where they are too much to name. */
  get size(): number {
    return this.#nameCount + this.nodes.size;
  }

  /** Something is left out. */
  get isTooMuch(): boolean {
    return this.#isTooMuch;
  }

  /** What a check states is no change; nor is which folder is protected, which every stream tells anew. */
  add(change: Change): void {
    switch (change.kind) {
      case 'create':
        // The number may be that of a node which is gone, and known by it on the other side.
        this.#node(change.node);
        return this.#name(change.parent, change.name);
      case 'link':
      case 'unlink':
        return this.#name(change.parent, change.name);
      case 'rename':
        this.#name(change.parent, change.name);
        return this.#name(change.newParent, change.newName);
      case 'content':
      case 'write':
      case 'attributes':
        return this.#node(change.node);
      case 'verifyContent':
        // Outside of any check it is how large content is told.
        if (change.check === 0) this.#node(change.node);
        return;
      default:
    }
  }

  addAll(other: DirtySet): void {
    for (const [folder, names] of other.names) for (const name of names) this.#name(folder, name);
    for (const node of other.nodes) this.#node(node);
    if (other.isTooMuch) this.#isTooMuch = true;
  }

  #name(folder: NodeId, name: ByteString): void {
    const names = this.names.get(folder);
    if (names?.has(name) === true || this.#isFull()) return;
    if (names === undefined) this.names.set(folder, new Set([name]));
    else names.add(name);
    this.#nameCount += 1;
  }

  #node(node: NodeId): void {
    if (this.nodes.has(node) || this.#isFull()) return;
    this.nodes.add(node);
  }

  #isFull(): boolean {
    if (this.size >= ENTRIES_MAX) this.#isTooMuch = true;
    return this.#isTooMuch;
  }
}
