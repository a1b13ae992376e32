import type { MonotonicMs } from '../../kernel/units.ts';

/** First asked for after this long: the active server begins one by itself at the start of a stream. */
const WAIT_MS_MIN = 5000;
/** An item that can't be read makes every check unfinished: asked for no more often than this then. */
const WAIT_MS_MAX = 3_600_000;
/** A check that took long is not repeated before this many times what it took. */
const REST_FACTOR = 10;

/** How it stands with the verification of the copy. */
export interface VerificationState {
  readonly isVerified: boolean;
  /** A check that can verify everything has begun and not ended. */
  readonly isRunning: boolean;
}

/** When the passive server asks for a check of everything: as long as none has verified it, ever more rarely. Pure. */
export class CheckWish {
  #waitMs = WAIT_MS_MIN;
  #dueAt: number | null = null;
  #beganAt: number | null = null;

  /** It is known that one is needed: the next one is not waited for. */
  hurry(): void {
    this.#dueAt = 0;
  }

  /** @returns true when it is to be asked for now. */
  isDue(now: MonotonicMs, { isVerified, isRunning }: VerificationState): boolean {
    if (isRunning) {
      this.#beganAt ??= now;
      this.#dueAt = null;
      return false;
    }
    const tookMs = this.#beganAt === null ? 0 : now - this.#beganAt;
    this.#beganAt = null;
    if (isVerified) {
      this.#waitMs = WAIT_MS_MIN;
      this.#dueAt = null;
      return false;
    }
    this.#dueAt ??= now + Math.max(this.#waitMs, tookMs * REST_FACTOR);
    if (now < this.#dueAt) return false;
    this.#waitMs = Math.min(this.#waitMs * 2, WAIT_MS_MAX);
    this.#dueAt = now + this.#waitMs;
    return true;
  }
}
