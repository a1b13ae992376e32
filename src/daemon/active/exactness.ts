import type { Change, Position } from '../../changes/change.ts';

/** What is asked of the record of operations. */
export interface OrderDoors {
  /** The moment from which {@link areOver} counts is now. */
  beginTurns(): void;
  /** Has everything that was being done at that moment been recorded by now? */
  areOver(): boolean;
  /** How much was recorded so far, and taken; they wrap at 2^32. */
  put(): number;
  taken(): number;
}

/** Changes that say nothing of names or content. */
const HARMLESS: ReadonlySet<Change['kind']> = new Set(['filters', 'folderState', 'attributes', 'exactness']);

/**
 * Since when does the stream say exactly what was done, in its order? Whatever is told from what is on the disk may
 * be ahead of operations that are recorded and not taken yet. It is made up for once all of them are told that were
 * done, or being done, when the disk was read. Pure but for its doors.
 *
 * States: read (the disk was read since the last step), turning (what is being done is awaited), draining (what is
 * recorded is awaited), exact.
 */
export class Exactness {
  readonly #doors: OrderDoors;
  #state: 'read' | 'turning' | 'draining' | 'exact' = 'read';
  #awaited = 0;
  #since: Position | null = null;

  constructor(doors: OrderDoors) {
    this.#doors = doors;
  }

  /** Content of the disk goes to the passive server, or will. */
  read(): void {
    this.#state = 'read';
    this.#since = null;
  }

  /** A change was told that comes from no operation. */
  told(change: Change): void {
    if (!HARMLESS.has(change.kind)) this.read();
  }

  /** Once in a while. @param position - of what was told last. */
  step(position: Position): void {
    if (this.#state === 'read') {
      this.#doors.beginTurns();
      this.#state = 'turning';
    }
    if (this.#state === 'turning' && this.#doors.areOver()) {
      this.#awaited = this.#doors.put();
      this.#state = 'draining';
    }
    if (this.#state !== 'draining' || ((this.#doors.taken() - this.#awaited) | 0) < 0) return;
    this.#state = 'exact';
    this.#since = position;
  }

  /** Everything is told that was done, and nothing is being done. @param position - of what was told last. */
  caughtUp(position: Position): void {
    if (this.#state !== 'exact') this.#since = position;
    this.#state = 'exact';
  }

  /** Position from which on it holds; null while it does not. */
  get since(): Position | null {
    return this.#since;
  }
}
