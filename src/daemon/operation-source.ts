import type { Operation } from '../capture/operation.ts';
import type { Change, Position } from '../changes/change.ts';
import { RingReader } from '../intercept/ring-reader.ts';
import { Turns } from '../intercept/turns.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { decodeFlush, type Flush } from './decode-flush.ts';
import { decodeOperation } from './decode-operation.ts';
import { Exactness } from './exactness.ts';
import type { StreamInterception } from './thread-messages.ts';

/** Records taken between two looks at the clock. */
const RECORDS_A_TURN = 32;
const DRAIN_MS = 5;

/** Operations of intercepted folders, as the active server's engine sees them. */
export interface OperationSource {
  /** Takes operations that wait, for a few milliseconds. @returns milliseconds until there are more: 0, or infinite. */
  drain(position: () => Position): number;
  /** 0 where none wait. */
  waiting(): number;
  /** A change was told. */
  told(change: Change): void;
  /** Content was read from the disk, for the passive server. */
  read(): void;
  /** Position from which on the stream is exact; null while it is not, and where not everything is intercepted. */
  exactSince(): Position | null;
  /** The same of what is intercepted, whatever is not. */
  exactWhereIntercepted(): Position | null;
  /** How much was recorded so far, and taken; they wrap at 2^32. */
  recorded(): number;
  taken(): number;
}

/** Everything is watched. */
export const NO_OPERATIONS: OperationSource = {
  drain: () => Number.POSITIVE_INFINITY,
  waiting: () => 0,
  told: () => {},
  read: () => {},
  exactSince: () => null,
  exactWhereIntercepted: () => null,
  recorded: () => 0,
  taken: () => 0,
};

/** @param doors - see {@link RecordedOperations}. */
export function openOperations(
  interception: StreamInterception | null,
  doors: Pick<RecordedOptions, 'take' | 'flushed' | 'settle' | 'lost' | 'nowMs' | 'isEverything'>,
): OperationSource {
  if (interception === null) return NO_OPERATIONS;
  const { ring } = interception;
  const folders = new Map(interception.folders.map(({ mount, path }) => [mount, path]));
  return new RecordedOperations({ ring, folders, ...doors });
}

interface RecordedOptions {
  readonly ring: SharedArrayBuffer;
  /** Protected folders by the numbers of their mounts. */
  readonly folders: ReadonlyMap<number, ByteString>;
  readonly take: (operation: Operation) => void;
  /** A flush is met: all that was recorded before it was taken. */
  readonly flushed: (flush: Flush) => void;
  /** See OperationIntake. */
  readonly settle: () => boolean;
  /** Operations are missing: everything has to be checked. */
  readonly lost: () => void;
  readonly nowMs: () => MonotonicMs;
  /** Is every protected folder intercepted? */
  readonly isEverything: () => boolean;
}

/** Operations out of the ring of records. For the thread of the stream worker. */
export class RecordedOperations implements OperationSource {
  readonly #reader: RingReader;
  readonly #folders: ReadonlyMap<number, ByteString>;
  readonly #take: (operation: Operation) => void;
  readonly #flushed: (flush: Flush) => void;
  readonly #settle: () => boolean;
  readonly #lost: () => void;
  readonly #nowMs: () => MonotonicMs;
  readonly #isEverything: () => boolean;
  readonly #exactness: Exactness;
  #isTaking = false;
  #hasFlush = false;

  constructor(options: RecordedOptions) {
    const reader = new RingReader(options.ring);
    this.#reader = reader;
    this.#folders = options.folders;
    this.#take = options.take;
    this.#flushed = options.flushed;
    this.#settle = options.settle;
    this.#lost = options.lost;
    this.#nowMs = options.nowMs;
    this.#isEverything = options.isEverything;
    const turns = new Turns(options.ring);
    this.#exactness = new Exactness({
      beginTurns: () => turns.begin(),
      areOver: () => turns.isOver(),
      put: () => reader.put,
      taken: () => reader.taken,
    });
  }

  drain(position: () => Position): number {
    const untilMs = this.#nowMs() + DRAIN_MS;
    this.#hasFlush = false;
    let isEmpty = false;
    while (!isEmpty) {
      isEmpty = !this.#takeSome();
      // What a flush waits for is sent before more is taken.
      if (!isEmpty && (this.#hasFlush || this.#nowMs() >= untilMs)) break;
    }
    if (isEmpty && this.#reader.isLost) this.#recover();
    if (isEmpty && !this.#settle()) this.#exactness.read();
    this.#exactness.step(position());
    return isEmpty ? Number.POSITIVE_INFINITY : 0;
  }

  waiting(): number {
    return this.#reader.put === this.#reader.taken ? 0 : 1;
  }

  told(change: Change): void {
    if (!this.#isTaking) this.#exactness.told(change);
  }

  read(): void {
    this.#exactness.read();
  }

  exactSince(): Position | null {
    return this.#isEverything() ? this.exactWhereIntercepted() : null;
  }

  exactWhereIntercepted(): Position | null {
    return this.#reader.isLost ? null : this.#exactness.since;
  }

  recorded(): number {
    return this.#reader.put;
  }

  taken(): number {
    return this.#reader.taken;
  }

  /** @returns false where there are no more. */
  #takeSome(): boolean {
    for (let taken = 0; taken < RECORDS_A_TURN; taken++) {
      const record = this.#reader.take();
      if (record === null) return false;
      const flush = decodeFlush(record, this.#folders);
      if (flush !== null) {
        this.#hasFlush = true;
        this.#flushed(flush);
        continue;
      }
      const operation = decodeOperation(record, this.#folders);
      if (operation === null) continue;
      this.#isTaking = true;
      try {
        this.#take(operation);
      } finally {
        this.#isTaking = false;
      }
    }
    return true;
  }

  /** From here on operations are recorded again; what was done meanwhile a check finds. */
  #recover(): void {
    this.#exactness.read();
    if (!this.#reader.recover()) return;
    this.#lost();
  }
}
