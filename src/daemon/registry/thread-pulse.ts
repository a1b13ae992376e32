import type { MonotonicMs } from '../../kernel/units.ts';
import type { FindingBoard } from '../status/finding-board.ts';

const ASK_MS = 15_000;
/** A very large registry is read, without a pause, in less. */
const ANSWERS_WITHIN_MS = 60_000;
/** So many looks in a row: after this process stood still itself, the answer may not have been met yet. */
const LATE_LOOKS = 3;

/**
 * Does the thread of the registries still turn? One that is in a call that does not return sees no change and can't say
 * so, and all would look well. Then REG-018 is told.
 */
export class ThreadPulse {
  readonly #findings: Pick<FindingBoard, 'raise' | 'clear'>;
  #askedAt: MonotonicMs | null = null;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #late = 0;

  constructor(findings: Pick<FindingBoard, 'raise' | 'clear'>) {
    this.#findings = findings;
  }

  get hangs(): boolean {
    return this.#late >= LATE_LOOKS;
  }

  /** To be called every second. @param ask - has the thread answer; null where there is none. */
  look(now: MonotonicMs, ask: (() => void) | null): void {
    if (ask === null) return this.ended();
    if (this.#askedAt === null) {
      if (now - this.#answeredAt < ASK_MS) return;
      this.#askedAt = now;
      return ask();
    }
    if (now - this.#askedAt < ANSWERS_WITHIN_MS) return;
    this.#late += 1;
    if (this.#late !== LATE_LOOKS) return;
    this.#findings.raise({ code: 'REG-018', parameters: { seconds: ANSWERS_WITHIN_MS / 1000 } });
  }

  answered(now: MonotonicMs): void {
    this.ended();
    this.#answeredAt = now;
  }

  /** The thread is no more. */
  ended(): void {
    if (this.hangs) this.#findings.clear('REG-018');
    this.#askedAt = null;
    this.#late = 0;
  }
}
