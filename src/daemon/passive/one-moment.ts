import { comparePositions, type ExactnessChange, ORIGIN, type Position } from '../../changes/change.ts';

/**
 * Is the copy one moment of the active server's, as far as the stream is applied? The active server says so in the
 * stream, of all that it told so far; content that it gave beside the stream may be newer, and ends that until it says
 * so again. It counts its answers, so that what it said before one is told from what it says after. Pure.
 */
export class OneMoment {
  /** Number of the request for the stream that is being answered, from where on, and the answers of content since. */
  #resume = 0;
  #from: Position = ORIGIN;
  #answers = 0;
  #isOne = false;

  get isOne(): boolean {
    return this.#isOne;
  }

  /**
   * The stream goes on from there, in answer to the request of this number. What came before that answer, over the same
   * connection, belongs to the one before; and so do records up to there, of an earlier run perhaps.
   */
  resumed(number: number, from: Position): void {
    this.#resume = number;
    this.#from = from;
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

  met(change: ExactnessChange, position: Position): void {
    if (!change.isExact) this.#isOne = false;
    else if (comparePositions(position, this.#from) > 0 && this.isMet(change)) this.#isOne = true;
  }

  /** Does it say that all that was told before it, and all content that came, is one moment? */
  isMet({ isExact, resume, answers }: ExactnessChange): boolean {
    return isExact && resume === this.#resume && answers === this.#answers;
  }
}
