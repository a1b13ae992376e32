import type { ApplyEvent } from '../../apply/host.ts';
import { problemEvent } from '../stream/problem-event.ts';
import { tellApplyEvent } from './apply-events.ts';
import type { FromStream } from '../stream/thread-messages.ts';

/** Items that one check names in the history; more are told as a number. */
const NAMED_MAX = 1000;

/**
 * Tells the history which items a check found different. A first copy differs in everything and is
 * no news: only items that were known here before count.
 */
export class RepairNews {
  readonly #toMain: (message: FromStream) => void;
  readonly #named = new Set<string>();
  #count = 0;
  #isNews = true;

  constructor(toMain: (message: FromStream) => void) {
    this.#toMain = toMain;
  }

  /** What Apply tells until the next call is about a difference that is news, or not. */
  about(isNews: boolean): void {
    this.#isNews = isNews;
  }

  take(event: ApplyEvent): void {
    switch (event.kind) {
      case 'difference':
        if (!this.#isNews) return;
        this.#count++;
        if (this.#named.size >= NAMED_MAX) return;
        this.#named.add(event.path);
        break;
      case 'repaired':
        if (!this.#named.delete(event.path)) return;
        break;
      default:
    }
    tellApplyEvent(event, this.#toMain);
  }

  /** A check ended: the next one names its items anew. */
  checkEnded(): void {
    if (this.#count > NAMED_MAX) {
      this.#toMain({ kind: 'event', event: problemEvent({ code: 'CHK-003', parameters: { count: this.#count } }) });
    }
    this.#count = 0;
    this.#named.clear();
    this.#isNews = true;
  }
}
