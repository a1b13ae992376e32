import type { Agenda } from './agenda.ts';
import type { LargeContent } from './large-content.ts';
import type { Looker } from './looker.ts';
import type { Shadow, StillTurns } from './shadow.ts';
import type { Walk } from './walk.ts';

/** One turn of the walk, or of large files. */
const PART_MS = 2.5;
/** Looks between two turns of the walk and of large files. */
const LOOKS_A_TURN = 64;
const NEVER = (): boolean => false;

/**
 * The work of capture that is due, in turns: looks, the walk, large files. Where folders are intercepted it is done while
 * nothing is changed in them: the tree then never is ahead of their operations.
 */
export class WorkTurns {
  readonly #agenda: Agenda;
  readonly #looker: Looker;
  readonly #walk: Walk;
  readonly #large: LargeContent;
  readonly #shadow: Shadow;
  readonly #nowMs: () => number;
  readonly #still: StillTurns | undefined;

  constructor(options: {
    agenda: Agenda;
    looker: Looker;
    walk: Walk;
    large: LargeContent;
    shadow: Shadow;
    nowMs: () => number;
    still: StillTurns | undefined;
  }) {
    this.#agenda = options.agenda;
    this.#looker = options.looker;
    this.#walk = options.walk;
    this.#large = options.large;
    this.#shadow = options.shadow;
    this.#nowMs = options.nowMs;
    this.#still = options.still;
  }

  /** Milliseconds until what is due may be done. */
  get waitMs(): number {
    // Before there is a stream nothing is told that could be too early.
    return this.#shadow.streaming ? (this.#still?.waitMs() ?? 0) : 0;
  }

  /** @returns whether anything was done. */
  work(deadlineMs: number): boolean {
    if (!this.#isDue || this.waitMs > 0) return false;
    if (this.#still === undefined || !this.#shadow.streaming) return this.#workUntil(deadlineMs, NEVER);
    let worked = false;
    this.#still.run((isOver) => (worked = this.#workUntil(deadlineMs, isOver)));
    return worked;
  }

  get #isDue(): boolean {
    return this.#walk.size > 0 || this.#large.size > 0 || this.#agenda.nextMs() <= this.#nowMs();
  }

  #workUntil(deadlineMs: number, isOver: () => boolean): boolean {
    let worked = false;
    while (this.#turn(deadlineMs, isOver)) {
      worked = true;
      if (this.#nowMs() >= deadlineMs || isOver()) break;
    }
    return worked;
  }

  /** @returns false when nothing is due. */
  #turn(deadlineMs: number, isOver: () => boolean): boolean {
    let looks = 0;
    for (; looks < LOOKS_A_TURN; looks += 1) {
      const look = this.#agenda.take();
      if (look === null) break;
      this.#agenda.finish(look, this.#looker.look(look.folder, look.name, look.bits, look.gathered));
      if (looks % 8 === 7 && (this.#nowMs() >= deadlineMs || isOver())) return true;
    }
    const more = this.#walk.size > 0 || this.#large.size > 0;
    if (this.#walk.size > 0) this.#walk.step(this.#partDeadlineMs(deadlineMs));
    if (this.#large.size > 0 && !isOver()) this.#large.step(this.#partDeadlineMs(deadlineMs));
    return more || looks > 0;
  }

  #partDeadlineMs(deadlineMs: number): number {
    return Math.min(deadlineMs, this.#nowMs() + PART_MS);
  }
}
