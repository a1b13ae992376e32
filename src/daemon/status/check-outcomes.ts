import type { CheckOutcome } from '../passive/check-follower.ts';

/** Outcomes remembered for callers that come late. */
const REMEMBERED_MAX = 64;

/** Brings what came of checks to those who asked, in whatever order the two happen. */
export class CheckOutcomes {
  readonly #known = new Map<number, CheckOutcome>();
  readonly #waiting = new Map<number, Set<(outcome: CheckOutcome) => void>>();

  /** Of a check whose outcome was told already, another one says nothing. */
  ended(outcome: CheckOutcome): void {
    if (this.#known.has(outcome.check)) return;
    this.#known.set(outcome.check, outcome);
    const oldest = this.#known.keys().next();
    if (this.#known.size > REMEMBERED_MAX && oldest.done !== true) this.#known.delete(oldest.value);
    for (const done of this.#waiting.get(outcome.check) ?? []) done(outcome);
    this.#waiting.delete(outcome.check);
  }

  /** Resolves when the check ended; never, where the caller left before. */
  wait(check: number, signal: AbortSignal): Promise<CheckOutcome> {
    const known = this.#known.get(check);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((done) => {
      const waiting = this.#waiting.get(check) ?? new Set();
      this.#waiting.set(check, waiting.add(done));
      signal.addEventListener('abort', () => waiting.delete(done), { once: true });
    });
  }

  /** The stream worker is gone: nothing that ran will end. */
  abandon(): void {
    for (const check of Array.from(this.#waiting.keys())) this.ended(givenUp(check));
  }
}

/** Of a check that ended before anything was compared. */
export function givenUp(check: number): CheckOutcome {
  return {
    check,
    finished: false,
    repair: false,
    complete: false,
    itemsChecked: 0,
    bytesChecked: 0,
    differences: 0,
    left: 0,
    refused: 0,
    examples: [],
  };
}
