import type { Name, Node, NodeTree } from '../changes/node-tree.ts';
import { NOTICE } from '../kernel/notices.ts';

/** Names that go within so long of one another go together, … */
const QUIET_MS = 100;
/** … within so long where they are many: a machine under load may pause in the middle of it, … */
const QUIET_OF_MANY_MS = 1000;
const MANY = 10;
/** … but the first of them waits no longer than this. */
const WAIT_MS_MAX = 5000;

/** Does a notice say that the name is gone, and not that something else has it? */
export function isDeletion(bits: number): boolean {
  return (bits & NOTICE.deleted) !== 0 && (bits & (NOTICE.created | NOTICE.moved)) === 0;
}

/**
 * Names that went, gathered until no more go: how many they are is to be known before the first of them
 * is told, for a folder that is emptied looks like one that loses a file. Pure: time is given.
 */
export class Departures {
  #names: Name[] = [];
  #beganMs = 0;
  #lastMs = 0;

  /** When they are all there; Infinity where there are none. */
  get overMs(): number {
    if (this.#names.length === 0) return Number.POSITIVE_INFINITY;
    const quietMs = this.#names.length < MANY ? QUIET_MS : QUIET_OF_MANY_MS;
    return Math.min(this.#lastMs + quietMs, this.#beganMs + WAIT_MS_MAX);
  }

  add(name: Name, nowMs: number): void {
    if (this.#names.length === 0) this.#beganMs = nowMs;
    this.#lastMs = nowMs;
    this.#names.push(name);
  }

  /** Those that are gathered now; a name may stand there twice. */
  get names(): readonly Name[] {
    return this.#names;
  }

  takeAll(): Name[] {
    return this.#names.splice(0);
  }
}

/** How many names of each protected folder leave with these, what is below them included. */
export function countDeparting(tree: NodeTree, names: readonly Name[]): Map<Node, number> {
  const leaving = new Set<Node>();
  for (const { parent, name } of names) {
    const node = parent.children?.get(name);
    if (node?.type === 'folder') leaving.add(node);
  }
  const counts = new Map<Node, number>();
  const counted = new Set<string>();
  for (const { parent, name } of names) {
    const key = `${String(parent.id)}/${name}`;
    if (counted.has(key)) continue;
    counted.add(key);
    const node = parent.children?.get(name);
    if (node === undefined || tree.get(node.id) !== node) continue;
    let root = parent;
    let isInside = leaving.has(root);
    while (root.parent !== null && !isInside) {
      root = root.parent;
      isInside = leaving.has(root);
    }
    // It goes with a folder that goes.
    if (isInside) continue;
    counts.set(root, (counts.get(root) ?? 0) + (node.type === 'folder' ? 1 + tree.countBelow(node) : 1));
  }
  return counts;
}
