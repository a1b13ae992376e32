import { comparePositions, ORIGIN, type Position } from '../../changes/change.ts';

/** Something was missed: closed once a check that was asked for after it is applied on the passive server. */
export interface Gap {
  readonly closesAt: Position | null;
  /** All that may differ has a name: it need not be everything. */
  readonly isNamed: boolean;
}

/** What an acknowledgement proved. */
export interface Proven {
  /** The gap that it closed. */
  readonly closed: Gap | null;
  /** A check of everything is applied. */
  readonly isVerified: boolean;
}

/**
 * What the active server knows of the passive's copy: how far it is applied, whether it was ever
 * compared as a whole in this run, and what was missed since. Decides nothing but that. Pure.
 */
export class Proof {
  /** Up to here the passive has applied and checkpointed everything. */
  applied: Position = ORIGIN;
  /** Items that a named gap is about. */
  itemsLeft = 0;
  /** Of these, that came into the protected set and are not applied. */
  itemsNew = 0;
  #gap: Gap | null = null;
  /** What is protected was changed: closed once what is new by that is applied. */
  #filters: Gap | null = null;
  /** The stream's position when the last check of everything by itself was asked for. */
  #startCheckAfter: Position | null = null;
  /** Such a check was stated whole up to here. */
  #statedUpTo: Position | null = null;
  /** A check of everything was applied in this run, and since then everything that changed was told. */
  #isProven = false;

  get gap(): Gap | null {
    return this.#gap;
  }

  /** Is what may differ known by name? */
  get isNamed(): boolean {
    return this.#gap?.isNamed === true;
  }

  /** Does the stream not say everything yet? What is named and was stated is said, whether it is applied or not. */
  get isGapOpen(): boolean {
    const isStated = this.#gap === null || (this.#gap.isNamed && this.#gap.closesAt !== null);
    return !isStated || this.#filters !== null;
  }

  get filters(): Gap | null {
    return this.#filters;
  }

  /** Items that count as unchecked because of named gaps. */
  get itemsNamed(): number {
    const left = this.isNamed ? Math.max(1, this.itemsLeft) : 0;
    return left + (this.#filters === null ? 0 : Math.max(1, this.itemsNew));
  }

  /** What is protected has become more. */
  filtersChange(): void {
    this.#filters = { closesAt: null, isNamed: true };
  }

  /** What was new when this gap was open was stated whole. */
  filtersStated(gap: Gap | null, upTo: Position): void {
    if (gap !== null && gap === this.#filters) this.#filters = { ...gap, closesAt: upTo };
  }

  /** A check of everything takes the place of that. */
  filtersDropped(): void {
    this.#filters = null;
    this.itemsNew = 0;
  }

  /** A stream begins. @param isAnew - what was proven before says nothing any more. */
  streamBegins(isAnew: boolean): void {
    this.#statedUpTo = null;
    this.#startCheckAfter = null;
    if (isAnew) {
      this.#isProven = false;
      this.filtersDropped();
    }
  }

  /** The stream is cut off. @param hasNames - what changed since the passive's last checkpoint can be named. */
  givenUp(hasNames: boolean): void {
    this.#statedUpTo = null;
    this.#startCheckAfter = null;
    if (this.#filters !== null) this.filtersChange();
    this.#gap = { closesAt: null, isNamed: hasNames && this.#isProven && this.#gap?.isNamed !== false };
  }

  /** Capture lost track: anything may differ. */
  lost(): void {
    this.#gap = { closesAt: null, isNamed: false };
  }

  /** A check of what a named gap is about is asked for. */
  checksNames(items: number): Gap {
    const gap: Gap = { closesAt: null, isNamed: true };
    this.#gap = gap;
    this.itemsLeft = items;
    return gap;
  }

  /** A check that repairs everything is asked for. */
  checksAll(after: Position): void {
    this.#startCheckAfter = after;
  }

  /** Such a check was stated whole. */
  statedAll(upTo: Position): void {
    this.#statedUpTo = upTo;
  }

  /** A check that was asked for because of this gap was stated whole; one that came since is found by a check of its own. */
  stated(gap: Gap | null, upTo: Position): void {
    if (gap !== null && gap === this.#gap) this.#gap = { ...gap, closesAt: upTo };
  }

  /** Is there a check of everything that a passive, which holds the stream up to there, has not begun to receive? */
  isStartCheckComing(durable: Position): boolean {
    return this.#startCheckAfter !== null && comparePositions(durable, this.#startCheckAfter) <= 0;
  }

  acknowledged(applied: Position): Proven {
    if (comparePositions(applied, this.applied) > 0) this.applied = applied;
    const isReached = (position: Position | null | undefined): boolean =>
      position !== null && position !== undefined && comparePositions(applied, position) >= 0;
    const closed = isReached(this.#gap?.closesAt) ? this.#gap : null;
    if (closed !== null) this.#gap = null;
    if (this.#gap === null) this.itemsLeft = 0;
    if (isReached(this.#filters?.closesAt)) this.filtersDropped();
    const isVerified = isReached(this.#statedUpTo);
    if (isVerified) {
      this.#statedUpTo = null;
      this.#isProven = true;
    }
    return { closed, isVerified };
  }
}
