import { MIB, type MonotonicMs } from '../../kernel/units.ts';

/** A checkpoint is due when nothing came for this long, … */
const IDLE_MS = 200;
/** … this long after the last one was begun, … */
const EVERY_MS = 3000;
/** … (only so long, where everything that was awaited is here and people wait for nothing but it), … */
const EVERY_MS_COMPLETE = 1000;
/** … or after this much of the queue, whichever is first. */
const BYTES = 64 * MIB;

/** When the passive server makes a checkpoint: soon after work, and not too rarely while there is much of it. Pure. */
export class CheckpointSchedule {
  #idleSince = 0;
  #begunAt = 0;
  #bytes = 0;
  /** None is made before: there was no space for the last one. */
  #notBefore: number | null = null;

  /** Did the last one find no space? */
  get isRefused(): boolean {
    return this.#notBefore !== null;
  }

  /** Something came, or was applied. */
  worked(now: MonotonicMs): void {
    this.#idleSince = now;
  }

  received(bytes: number): void {
    this.#bytes += bytes;
  }

  /** One was begun: what comes from now on is for the next. */
  begun(now: MonotonicMs): void {
    this.#begunAt = now;
    this.#bytes = 0;
  }

  made(): void {
    this.#notBefore = null;
  }

  refused(now: MonotonicMs, againAfterMs: number): void {
    this.#notBefore = now + againAfterMs;
  }

  /**
   * @param isComplete - nothing is awaited, and it alone stands before "Synchronized".
   * @returns milliseconds until one is due, if nothing happens meanwhile; 0 where it is.
   */
  dueInMs(now: MonotonicMs, isComplete = false): number {
    if (this.#notBefore !== null && now < this.#notBefore) return this.#notBefore - now;
    const idleMs = now - this.#idleSince;
    const sinceMs = now - this.#begunAt;
    if (isComplete && sinceMs >= EVERY_MS_COMPLETE) return 0;
    if (idleMs >= IDLE_MS || sinceMs >= EVERY_MS || this.#bytes >= BYTES) return 0;
    return Math.max(1, Math.min(IDLE_MS - idleMs, EVERY_MS - sinceMs));
  }
}
