import type { ByteString } from '../kernel/byte-string.ts';
import type { Name, Node } from '../changes/node-tree.ts';

/** Kept at least so long: longer than a notice takes to be queued after its effect can be seen. */
const RECENT_MS = 30;

type Names<Value> = Map<Node, Map<ByteString, Value>>;

/** Something about names that holds until all notices from before have been read. */
export class RecentNames<Value> {
  #names: Names<Value> = new Map();
  #older: Names<Value> = new Map();
  #turnedMs = Number.NEGATIVE_INFINITY;

  put(at: Name, value: Value): void {
    const names = this.#names.get(at.parent);
    if (names === undefined) this.#names.set(at.parent, new Map([[at.name, value]]));
    else names.set(at.name, value);
  }

  has(at: Name): boolean {
    return this.#names.get(at.parent)?.has(at.name) === true || this.#older.get(at.parent)?.has(at.name) === true;
  }

  take(at: Name): Value | null {
    for (const names of [this.#names.get(at.parent), this.#older.get(at.parent)]) {
      const value = names?.get(at.name);
      if (value === undefined) continue;
      names?.delete(at.name);
      return value;
    }
    return null;
  }

  /**
   * All notices up to `beganMs` were read: what was put long enough before that is forgotten.
   * @param nowMs - the same clock, after the last `put`.
   */
  turn(beganMs: number, nowMs: number): void {
    if (beganMs - this.#turnedMs < RECENT_MS) return;
    this.#turnedMs = nowMs;
    this.#older = this.#names;
    this.#names = new Map();
  }
}
