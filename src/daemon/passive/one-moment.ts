import type { ExactnessChange } from '../../changes/change.ts';

/**
 * Is the copy one moment of the active server's, as far as the stream is applied? The active server says so in the
 * stream, of all that it told so far; content that it gave beside the stream may be newer, and ends that until it says
 * so again. It counts its answers, so that what it said before one is told from what it says after. Pure.
 */
export class OneMoment {
  /** Number of the request for the stream that is being answered, and the answers of content since. */
  #resume = 0;
  #answers = 0;
  #isOne = false;

  get isOne(): boolean {
    return this.#isOne;
  }

  /** The stream is asked for, by this number. */
  resumed(number: number): void {
    this.#resume = number;
    this.#answers = 0;
  }

  /** So many pieces of content came, and are put into the copy. */
  answered(count: number): void {
    if (count === 0) return;
    this.#answers += count;
    this.#isOne = false;
  }

  /** So many pieces of content came, and are not put into the copy yet. */
  kept(count: number): void {
    this.#answers += count;
  }

  /** What is applied from here on is another stream. */
  lost(): void {
    this.#isOne = false;
  }

  met(change: ExactnessChange): void {
    if (!change.isExact) this.#isOne = false;
    else if (this.isMet(change)) this.#isOne = true;
  }

  /** Does it say that all that was told before it, and all content that came, is one moment? */
  isMet({ isExact, resume, answers }: ExactnessChange): boolean {
    return isExact && resume === this.#resume && answers === this.#answers;
  }
}
