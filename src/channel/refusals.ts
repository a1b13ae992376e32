import type { Clock } from '../kernel/clock.ts';
import type { ChannelEvent } from './channel-event.ts';
import type { ChannelSettings } from './channel-settings.ts';
import type { Refusal } from './greeting.ts';
import { isSame } from './problem-board.ts';
import type { ProblemBoard } from './problem-board.ts';

/** Quiet for this many times `lostAfterMs` between two turned away: another event. */
const QUIET_FACTOR = 20;

/** Why the two may not work together now: told once, and told again when it is over. */
export class Refusals {
  readonly #board: ProblemBoard;
  readonly #clock: Clock;
  readonly #settings: ChannelSettings;
  readonly #emit: (event: ChannelEvent) => void;
  #now: Refusal | null = null;
  #turnedAwaySinceMs: number | null = null;

  constructor(options: {
    board: ProblemBoard;
    clock: Clock;
    settings: ChannelSettings;
    emit: (event: ChannelEvent) => void;
  }) {
    this.#board = options.board;
    this.#clock = options.clock;
    this.#settings = options.settings;
    this.#emit = options.emit;
  }

  set(refusal: Refusal): void {
    const before = this.#now;
    this.#now = refusal;
    if (before === null || !isSame(before.problem, refusal.problem)) this.#emit({ kind: 'refused', ...refusal });
  }

  clear(): void {
    if (this.#now === null) return;
    this.#now = null;
    this.#emit({ kind: 'refusalCleared' });
  }

  /**
   * A second run of the other server came while the first is connected. A daemon started anew meets
   * its own old connections for a moment; only what lasts is a clone.
   */
  onSecondPeer(refusal: Refusal): void {
    const now = this.#clock.monotonicMs();
    const { lostAfterMs } = this.#settings;
    this.#turnedAwaySinceMs ??= now;
    const lastedMs = now - this.#turnedAwaySinceMs;
    if (lastedMs > lostAfterMs * QUIET_FACTOR && !this.#board.has('second peer')) this.#turnedAwaySinceMs = now;
    else if (lastedMs > lostAfterMs) this.#board.raisePassing('second peer', refusal.problem, lostAfterMs * 4);
  }

  /** The next second run counts from its first try again. */
  forgetSecondPeer(): void {
    this.#turnedAwaySinceMs = null;
  }
}
