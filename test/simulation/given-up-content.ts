import type { PassiveReport } from '../../src/daemon/status/side-report.ts';
import { shownTree } from '../support/manifest.ts';
import { PROTECTED, type SimulatedServer } from './simulated-server.ts';

/** Nothing may change on a passive server whose content nobody gave up; somebody gives it up once asked. */
export class GivenUpContent {
  readonly #passive: SimulatedServer;
  /** What it had before; null once it was given up. */
  #before: string[] | null = null;
  #isAsked = false;

  constructor(passive: SimulatedServer) {
    this.#passive = passive;
  }

  /** Is it still to be given up? */
  get isOpen(): boolean {
    return this.#before !== null;
  }

  asked(): void {
    this.#isAsked = true;
  }

  guard(): void {
    const report = this.#passive.report() as PassiveReport;
    this.#before = report.unconfirmed ? shownTree(this.#passive.root) : null;
  }

  confirm(): void {
    const report = this.#passive.report() as PassiveReport | null;
    if (report === null) return;
    if (report.undecided > 0) this.#passive.request({ kind: 'confirmLoss', folder: PROTECTED });
    // Killed before its consent was durable, it asks again.
    if (report.unconfirmed && this.#before === null) this.guard();
    if (this.#before === null || (report.unconfirmed && !this.#isAsked)) return;
    if (!report.unconfirmed) {
      this.#before = null;
      return;
    }
    const before = new Set(this.#before);
    const changed = shownTree(this.#passive.root).filter((line) => !before.delete(line));
    if (changed.length + before.size > 0) {
      const lines = [...changed, ...before].join('; ');
      throw new Error(`the passive's content was changed before anybody allowed it: ${lines}`);
    }
    this.#passive.request({ kind: 'adopt' });
  }
}
