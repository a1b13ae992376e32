import { type EventRecord, PAGE_ITEMS_MAX } from '../api/requests.ts';

/** So many happen between two looks at most times. */
const ASKED_FIRST = 50;

/** Events one after the other as they come, each once. For one caller at a time. */
export class NewEvents {
  readonly #ask: (limit: number) => Promise<readonly EventRecord[]>;
  #lastId = 0;

  /** @param ask - the newest so many, oldest first. */
  constructor(ask: (limit: number) => Promise<readonly EventRecord[]>) {
    this.#ask = ask;
  }

  /** The newest `limit` to begin with. Fails as `ask` does. */
  async first(limit: number): Promise<readonly EventRecord[]> {
    return this.#note(await this.#ask(limit));
  }

  /** What came since, up to {@link PAGE_ITEMS_MAX}: of more the oldest are left out. Fails as `ask` does. */
  async next(): Promise<readonly EventRecord[]> {
    let found = await this.#ask(ASKED_FIRST);
    // A history that was damaged is set aside, and the next one counts from the beginning.
    const newest = found.at(-1)?.id ?? this.#lastId;
    if (newest < this.#lastId) this.#lastId = 0;
    if (found.length === ASKED_FIRST && (found[0]?.id ?? 0) > this.#lastId + 1) found = await this.#ask(PAGE_ITEMS_MAX);
    return this.#note(found.filter(({ id }) => id > this.#lastId));
  }

  #note(found: readonly EventRecord[]): readonly EventRecord[] {
    this.#lastId = found.at(-1)?.id ?? this.#lastId;
    return found;
  }
}
