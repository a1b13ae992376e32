import type { Position } from '../../changes/change.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { isOneMoment, isWhole } from '../status/consistency.ts';
import type { PassiveReport } from '../status/side-report.ts';

/** What is asked of Apply for a snapshot. */
export interface StillRequest {
  readonly number: number;
  /** Is it to be one moment of the active server's? Else it is enough that nothing is missing. */
  readonly isOrdered: boolean;
  /** So long such a position is waited for; then any is taken. */
  readonly waitMs: number;
  /** So long it may last: whoever asked may be gone. */
  readonly holdMs: number;
}

export type StillNews =
  /** Nothing is changed in the copy from now on. `isGood`: it is as it was asked for. */
  | { readonly kind: 'standing'; readonly number: number; readonly position: Position; readonly isGood: boolean }
  /** It goes on. `wasKept`: nothing was changed until then. */
  | { readonly kind: 'wentOn'; readonly number: number; readonly wasKept: boolean };

/** Has Apply stand still between two records, for as long as somebody takes a snapshot of the copy. */
export class StandStill {
  readonly #tell: (news: StillNews) => void;
  #asked: (StillRequest & { readonly askedAt: MonotonicMs }) | null = null;
  #standing: { readonly number: number; readonly until: MonotonicMs } | null = null;

  constructor(tell: (news: StillNews) => void) {
    this.#tell = tell;
  }

  /** One at a time: a later one takes the place of an earlier. */
  ask(request: StillRequest, now: MonotonicMs): void {
    this.#end(false);
    this.#asked = { ...request, askedAt: now };
  }

  goOn(number: number): void {
    if (this.#standing?.number === number) this.#end(true);
    if (this.#asked?.number === number) this.#asked = null;
  }

  /** The copy has to be changed all the same. */
  broken(): void {
    this.#end(false);
  }

  /** May nothing be changed now? */
  holds(now: MonotonicMs): boolean {
    if (this.#standing !== null && now >= this.#standing.until) this.#end(false);
    return this.#standing !== null;
  }

  /**
   * Between two records: stands still where this is a place for it.
   * @param engine - its checkpoint has all that is applied written to the disk.
   */
  step(now: MonotonicMs, engine: { report(now: MonotonicMs): PassiveReport; checkpoint(): void }): void {
    const asked = this.#asked;
    if (asked === null) return;
    const found = engine.report(now);
    const isGood = asked.isOrdered ? isOneMoment(found) : isWhole(found) && !found.failed;
    if (!isGood && now - asked.askedAt < asked.waitMs) return;
    this.#asked = null;
    engine.checkpoint();
    this.#standing = { number: asked.number, until: (now + asked.holdMs) as MonotonicMs };
    this.#tell({ kind: 'standing', number: asked.number, position: found.applied, isGood });
  }

  #end(wasKept: boolean): void {
    const standing = this.#standing;
    this.#standing = null;
    if (standing !== null) this.#tell({ kind: 'wentOn', number: standing.number, wasKept });
  }
}
