import type { NodeId } from '../../changes/change.ts';
import { type ByteString, isWithin } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { ProblemCode } from '../../problems/problem.ts';

const CODE: ProblemCode = 'CHK-004';
/** Items remembered; where there are more, none is told to be over before all are. */
const ITEMS_MAX = 10_000;
/** What nobody changes may become readable, too: some are tried again so often, … */
const RETRY_EVERY_MS = 10_000;
/** … no more than this many, as a failing disk takes its time for each, and twice as many whenever some could be read. */
const RETRIED_MIN = 32;

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
  #retryAt = 0;
  #retried = RETRIED_MIN;
  /** How many were tried so far, in this round of all. */
  #triedInRound = 0;
  /** Was any read since the last were tried? */
  #isMending = false;

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

  /** Items worth another check: each once for a change, and all in turn. */
  takeDue(now: MonotonicMs): readonly ByteString[] {
    if (this.#items.size === 0) return [];
    const due = [...this.#changed];
    this.#changed.clear();
    if (now >= this.#retryAt) due.push(...this.#takeRetried(now));
    return due;
  }

  #takeRetried(now: MonotonicMs): ByteString[] {
    this.#retryAt = now + RETRY_EVERY_MS;
    this.#retried = this.#isMending ? Math.min(2 * this.#retried, ITEMS_MAX) : RETRIED_MIN;
    this.#isMending = false;
    if (this.#triedInRound >= this.#items.size) this.#triedInRound = 0;
    const retried = [...this.#items.keys()].slice(this.#triedInRound, this.#triedInRound + this.#retried);
    this.#triedInRound += retried.length;
    return retried;
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
      this.#isMending = true;
    }
  }
}
