import { isOneMoment } from '../status/consistency.ts';
import type { PassiveReport } from '../status/side-report.ts';

/**
 * Is a copy that is held (a loss that has to be confirmed) one moment of the active server's? It is what it was when
 * that began, for nothing is changed meanwhile; not known any more once somebody else changes it, or after a restart.
 */
export class HeldMoment {
  #isOne = false;

  /** It is held from now on. @param report - as it was before that. */
  begins(report: PassiveReport): void {
    this.#isOne = isOneMoment(report);
  }

  /** @param isHeld - still; @param inDoubt - items that are not known to be as they were. */
  isOne(isHeld: boolean, inDoubt: number): boolean {
    if (!isHeld || inDoubt > 0) this.#isOne = false;
    return this.#isOne;
  }
}
