import type { NodeId } from '../changes/change.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { Clock } from '../kernel/clock.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import type { Marks } from './marks.ts';

/** So long what was found in use may take to be looked at again, stated again, and equal. */
const PASSING_MS_MAX = 2000;

/** An item, or a name without one. */
type Marked = NodeId | ByteString;

/**
 * Items that were found in use once. Most users of a file are gone within a moment, so until it was looked at again
 * the item counts as one whose change is on its way.
 */
export class PassingMarks {
  readonly #marks: Marks;
  readonly #clock: Clock;
  readonly #until = new Map<Marked, MonotonicMs>();

  constructor(marks: Marks, clock: Clock) {
    this.#marks = marks;
    this.#clock = clock;
  }

  get count(): number {
    if (this.#until.size === 0) return 0;
    for (const item of this.#until.keys()) this.has(item);
    return this.#until.size;
  }

  /** Its mark is about to be made. @returns false where it is marked for longer, or for something else. */
  begin(item: Marked): boolean {
    if (this.has(item)) return true;
    if (this.#markOf(item) !== undefined) return false;
    this.#until.set(item, (this.#clock.monotonicMs() + PASSING_MS_MAX) as MonotonicMs);
    return true;
  }

  /** Is nothing known against it but that it was in use a moment ago? */
  has(item: Marked): boolean {
    const until = this.#until.get(item);
    if (until === undefined) return false;
    const mark = this.#markOf(item);
    const isInUse = mark?.status === 'Out of sync' && (mark.problem === null || mark.problem.code === 'N29');
    if (isInUse && this.#clock.monotonicMs() < until) return true;
    this.#until.delete(item);
    return false;
  }

  /** It is in use still. */
  end(item: Marked): void {
    this.#until.delete(item);
  }

  #markOf(item: Marked) {
    return typeof item === 'number' ? this.#marks.get(item) : this.#marks.ofPath(item);
  }
}
