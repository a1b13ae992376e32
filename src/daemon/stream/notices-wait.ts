import type { Clock } from '../../kernel/clock.ts';

/**
 * Notices gather for so long after some were met. Whatever anybody does on a file system that is watched is told: one
 * by one each notice would wake this thread, whatever it is of.
 */
const APART_MS = 2;

/** Sleeps for some milliseconds at most. @returns false where nothing happened. */
type Wait = (timeoutMs: number) => boolean;

export interface NoticesWaitOptions {
  /** Until anything happens that the thread is told of. */
  readonly forAnything: Wait;
  /** The same, notices left out. */
  readonly forOrders: Wait;
  /** Were there notices when it slept for anything last? */
  readonly hadNotices: () => boolean;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** Lets a thread sleep that meets all notices that there are each time it wakes up. */
export class NoticesWait {
  readonly #options: NoticesWaitOptions;
  #metAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: NoticesWaitOptions) {
    this.#options = options;
  }

  sleep(timeoutMs: number): void {
    const { forAnything, forOrders, hadNotices, clock } = this.#options;
    const apartMs = Math.max(0, this.#metAtMs + APART_MS - clock.monotonicMs());
    if (apartMs > 0 && (forOrders(Math.min(timeoutMs, apartMs)) || timeoutMs <= apartMs)) return;
    if (forAnything(timeoutMs - apartMs) && hadNotices()) this.#metAtMs = clock.monotonicMs();
  }
}
