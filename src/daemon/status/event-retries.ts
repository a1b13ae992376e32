import type { Cancel } from '../../kernel/clock.ts';

const RETRY_MS = 1000;
/** What waits at most; what comes beyond that is lost. */
const WAITING_MAX = 1000;

/** Events that could not be kept are tried again, in their order, until they are. */
export class EventRetries<Event> {
  readonly #append: (event: Event) => boolean;
  readonly #after: (delayMs: number, action: () => void) => Cancel;
  readonly #waiting: Event[] = [];
  #cancel: Cancel | null = null;

  /** @param append - false where the event was not kept. */
  constructor(append: (event: Event) => boolean, after: (delayMs: number, action: () => void) => Cancel) {
    this.#append = append;
    this.#after = after;
  }

  add(event: Event): void {
    if (this.#waiting.length === 0 && this.#append(event)) return;
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(event);
    this.#cancel ??= this.#after(RETRY_MS, () => this.#again());
  }

  /** A last time for what waits. */
  end(): void {
    this.#cancel?.();
    this.#flush();
  }

  #again(): void {
    this.#flush();
    this.#cancel = this.#waiting.length === 0 ? null : this.#after(RETRY_MS, () => this.#again());
  }

  #flush(): void {
    let kept = 0;
    while (kept < this.#waiting.length && this.#append(this.#waiting[kept] as Event)) kept += 1;
    this.#waiting.splice(0, kept);
  }
}
