import type { Operation } from '../capture/operation.ts';
import type { Change, Position } from '../changes/change.ts';
import { RingReader } from '../intercept/ring-reader.ts';
import { Turns } from '../intercept/turns.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { SharedMemory } from '../kernel/shared-memory.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { viewMapped } from '../system/shared-memory.ts';
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
}

/** Everything is watched. */
export const NO_OPERATIONS: OperationSource = {
  drain: () => Number.POSITIVE_INFINITY,
  waiting: () => 0,
  told: () => {},
  read: () => {},
  exactSince: () => null,
};

/** @param doors - see {@link RecordedOperations}. */
export function openOperations(
  interception: StreamInterception | null,
  doors: Pick<RecordedOptions, 'take' | 'settle' | 'lost' | 'nowMs' | 'isEverything'>,
): OperationSource {
  if (interception === null) return NO_OPERATIONS;
  const ring = viewMapped(interception.ring);
  const folders = new Map(interception.folders.map(({ mount, path }) => [mount, path]));
  return new RecordedOperations({ ring, folders, ...doors });
}

interface RecordedOptions {
  readonly ring: SharedMemory;
  /** Protected folders by the numbers of their mounts. */
  readonly folders: ReadonlyMap<number, ByteString>;
  readonly take: (operation: Operation) => void;
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
  readonly #settle: () => boolean;
  readonly #lost: () => void;
  readonly #nowMs: () => MonotonicMs;
  readonly #isEverything: () => boolean;
  readonly #exactness: Exactness;
  #isTaking = false;

  constructor(options: RecordedOptions) {
    const reader = new RingReader(options.ring);
    this.#reader = reader;
    this.#folders = options.folders;
    this.#take = options.take;
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
    let isEmpty = false;
    while (!isEmpty) {
      isEmpty = !this.#takeSome();
      if (!isEmpty && this.#nowMs() >= untilMs) break;
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
    return this.#isEverything() && !this.#reader.isLost ? this.#exactness.since : null;
  }

  /** @returns false where there are no more. */
  #takeSome(): boolean {
    for (let taken = 0; taken < RECORDS_A_TURN; taken++) {
      const record = this.#reader.next();
      if (record === null) return false;
      try {
        this.#takeOne(record);
      } finally {
        // Only now what it led to is in the send queue: whoever follows a daemon that was killed takes it otherwise again.
        this.#reader.done();
      }
    }
    return true;
  }

  #takeOne(record: Uint8Array): void {
    const operation = decodeOperation(record, this.#folders);
    if (operation === null) return;
    this.#isTaking = true;
    try {
      this.#take(operation);
    } finally {
      this.#isTaking = false;
    }
  }

  /** From here on operations are recorded again; what was done meanwhile a check finds. */
  #recover(): void {
    this.#exactness.read();
    if (!this.#reader.recover()) return;
    this.#lost();
  }
}
