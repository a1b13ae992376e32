import type { NodeId } from '../changes/change.ts';
import { type ByteString, isWithin } from '../kernel/byte-string.ts';
import type { ProblemCode } from '../problems/problem.ts';

const CODE: ProblemCode = 'CHK-004';
/** Items remembered; where there are more, none is told to be over before all are. */
const ITEMS_MAX = 10_000;

/** What a check looks at; no paths and no nodes mean everything. */
interface Asked {
  readonly paths: readonly ByteString[] | null;
  readonly nodes: readonly NodeId[];
}

/** What one check could not read. */
export interface UnreadableInCheck {
  found(item: ByteString, reason: string): void;
  /** It looked at all it was asked to. */
  ended(): void;
}

/**
 * Items that checks could not read on the active server. Each stays one problem, however often it is
 * met, until a check that looked at it met it no more.
 */
export class UnreadableItems {
  readonly #cleared: (code: ProblemCode, item: ByteString) => void;
  /** Whatever an earlier run of this worker told is over, too. */
  readonly #clearedAllBut: (code: ProblemCode, items: readonly ByteString[]) => void;
  readonly #pathsOf: (node: NodeId) => readonly ByteString[];
  readonly #items = new Map<ByteString, string>();
  readonly #changed = new Set<ByteString>();

  constructor(options: {
    cleared: (code: ProblemCode, item: ByteString) => void;
    clearedAllBut: (code: ProblemCode, items: readonly ByteString[]) => void;
    pathsOf: (node: NodeId) => readonly ByteString[];
  }) {
    this.#cleared = options.cleared;
    this.#clearedAllBut = options.clearedAllBut;
    this.#pathsOf = options.pathsOf;
  }

  /** With the reason of each. */
  get items(): ReadonlyMap<ByteString, string> {
    return this.#items;
  }

  /** The item changed: it may be readable by now. */
  changed(item: ByteString): void {
    if (this.#items.has(item)) this.#changed.add(item);
  }

  /** What is no item any more need not be read. */
  forgetAllBut(isItem: (path: ByteString) => boolean): void {
    for (const item of this.#items.keys()) {
      if (isItem(item)) continue;
      this.#items.delete(item);
      this.#cleared(CODE, item);
    }
  }

  /** Items worth another check, each once for a change. */
  takeChanged(): readonly ByteString[] {
    if (this.#changed.size === 0) return [];
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  begin({ paths, nodes }: Asked): UnreadableInCheck {
    const found = new Map<ByteString, string>();
    const isComplete = paths === null && nodes.length === 0;
    const tops = isComplete ? [] : [...(paths ?? []), ...nodes.flatMap((node) => this.#pathsOf(node))];
    return {
      found: (item, reason) => {
        if (found.size <= ITEMS_MAX) found.set(item, reason);
        if (this.#items.size <= ITEMS_MAX) this.#items.set(item, reason);
      },
      ended: () => {
        if (found.size > ITEMS_MAX) return;
        if (isComplete) this.#endComplete(found);
        else this.#endOf(tops, found);
      },
    };
  }

  #endComplete(found: ReadonlyMap<ByteString, string>): void {
    this.#clearedAllBut(CODE, [...found.keys()]);
    this.#items.clear();
    for (const [item, reason] of found) this.#items.set(item, reason);
  }

  #endOf(tops: readonly ByteString[], found: ReadonlyMap<ByteString, string>): void {
    for (const item of this.#items.keys()) {
      if (found.has(item) || !tops.some((top) => isWithin(item, top))) continue;
      this.#items.delete(item);
      this.#cleared(CODE, item);
    }
  }
}
