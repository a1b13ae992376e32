import { madeWhole } from '../../capture/made-whole.ts';
import type { Operation } from '../../capture/operation.ts';
import { type Change, ORIGIN, type Position } from '../../changes/change.ts';
import { RingReader } from '../../intercept/ring-reader.ts';
import { Turns } from '../../intercept/turns.ts';
import type { ByteString } from '../../kernel/byte-string.ts';
import type { SharedMemory } from '../../kernel/shared-memory.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { viewMapped } from '../../system/native/shared-memory.ts';
import { decodeFlush, type Flush } from '../interception/decode-flush.ts';
import { decodeOperation } from '../interception/decode-operation.ts';
import { ExactMarks } from './exact-marks.ts';
import { Exactness } from './exactness.ts';
import type { StreamInterception } from '../stream/thread-messages.ts';

/** Records taken between two looks at the clock. */
const RECORDS_A_TURN = 32;
const DRAIN_MS = 5;
/** So long who changes something may be waited for, with the gate closed for all others. */
const QUIET_WAIT_MS = 20;
/** So often it is looked whether what could not be recorded is done. */
const LATE_LOOK_MS = 20;
/** So long the gate is closed at a time, while somebody may wait at it. */
const EXACT_TURN_MS = 2;
/** Between two turns for the same they have so long for themselves, and twice as long as they waited. */
const OWN_TURN_MS_MIN = 2;

/** What is done while nothing is changed: names that operations left open, looks that are due, a check. */
export type ExactWork = 'names' | 'looks' | 'check';

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
  /**
   * Does something while nothing is changed in intercepted folders, and everything is told that was: what is read from
   * the disk then is what the stream says at this position. Where that can't be brought about it is done all the same,
   * and counts as {@link read}.
   * @param work - ends soon after `isOver` says so: applications wait for it.
   */
  exactly(what: ExactWork, work: (isOver: () => boolean) => void): void;
  /** Milliseconds until {@link exactly} may be called again for this without holding applications up too much; 0: now. */
  exactWaitMs(what: ExactWork, now: MonotonicMs): number;
  /** See {@link ExactMarks}. */
  resumed(resume: number | null): void;
  answered(pieces: number): void;
  /** @param isAllSeen - nothing is known to have been changed unseen. */
  mark(isAllSeen: boolean): void;
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
  exactly: (_what, work) => work(() => false),
  exactWaitMs: () => 0,
  resumed: () => {},
  answered: () => {},
  mark: () => {},
  exactSince: () => null,
  exactWhereIntercepted: () => null,
  recorded: () => 0,
  taken: () => 0,
};

/** @param doors - see {@link RecordedOperations}. */
export function openOperations(
  interception: StreamInterception | null,
  doors: Omit<RecordedOptions, 'ring' | 'folders'>,
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
  /** A flush is met: all that was recorded before it was taken. */
  readonly flushed: (flush: Flush) => void;
  /** Past capture. */
  readonly emit: (change: Change) => void;
  /** See OperationIntake. */
  readonly owes: () => boolean;
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
  readonly #owes: () => boolean;
  readonly #flushed: (flush: Flush) => void;
  readonly #settle: () => boolean;
  readonly #lost: () => void;
  readonly #nowMs: () => MonotonicMs;
  readonly #isEverything: () => boolean;
  readonly #marks: ExactMarks;
  readonly #exactness: Exactness;
  #isTaking = false;
  #isStill = false;
  /** Requests that were refused a record, and may not have changed yet what is not recorded. */
  readonly #refused: Turns;
  #awaitsRefused = false;
  /** Records that had been put in when the gate was opened last. */
  #putThen = 0;
  readonly #notBeforeMs: Record<ExactWork, number> = { names: 0, looks: 0, check: 0 };
  #position: () => Position = () => ORIGIN;
  #hasFlush = false;

  constructor(options: RecordedOptions) {
    const reader = new RingReader(options.ring);
    this.#reader = reader;
    this.#folders = options.folders;
    this.#take = options.take;
    this.#owes = options.owes;
    this.#flushed = options.flushed;
    this.#settle = options.settle;
    this.#lost = options.lost;
    this.#nowMs = options.nowMs;
    this.#isEverything = options.isEverything;
    this.#marks = new ExactMarks(options.emit);
    this.#refused = new Turns(options.ring);
    const turns = new Turns(options.ring);
    this.#exactness = new Exactness({
      beginTurns: () => turns.begin(),
      areOver: () => turns.isOver(),
      put: () => reader.put,
      taken: () => reader.taken,
    });
  }

  drain(position: () => Position): number {
    this.#position = position;
    const untilMs = this.#nowMs() + DRAIN_MS;
    this.#hasFlush = false;
    let isEmpty = false;
    while (!isEmpty) {
      isEmpty = !this.#takeSome();
      // What a flush waits for is sent before more is taken.
      if (!isEmpty && (this.#hasFlush || this.#nowMs() >= untilMs)) break;
    }
    if (isEmpty && this.#reader.isLost) this.#recover();
    if (this.#awaitsRefused && this.#refused.isOver()) this.#lostLate();
    const waitMs = isEmpty ? this.#settleNames() : 0;
    this.#exactness.step(position());
    return this.#awaitsRefused ? Math.min(waitMs, LATE_LOOK_MS) : waitMs;
  }

  waiting(): number {
    return this.#reader.put === this.#reader.taken ? 0 : 1;
  }

  told(change: Change): void {
    if (this.#isTaking || this.#isStill) return;
    this.#exactness.told(change);
    // Before it is told.
    if (this.#exactness.since === null) this.#marks.broke();
  }

  read(): void {
    if (!this.#isStill) this.#notExact();
  }

  exactly(what: ExactWork, work: (isOver: () => boolean) => void): void {
    const reader = this.#reader;
    const isBusy = reader.put !== this.#putThen;
    const beganMs = this.#nowMs();
    reader.closeGate();
    this.#isStill = this.#comesToRest();
    if (this.#isStill) this.#exactness.caughtUp(this.#position());
    try {
      work(isBusy ? () => this.#nowMs() - beganMs >= EXACT_TURN_MS : () => false);
    } finally {
      const wasStill = this.#isStill && reader.openGate();
      this.#isStill = false;
      if (!wasStill) this.#notExact();
      this.#putThen = reader.put;
      const endedMs = this.#nowMs();
      this.#notBeforeMs[what] = isBusy ? endedMs + Math.max(OWN_TURN_MS_MIN, 2 * (endedMs - beganMs)) : 0;
    }
  }

  exactWaitMs(what: ExactWork, now: MonotonicMs): number {
    return Math.max(0, this.#notBeforeMs[what] - now);
  }

  /** Some operations did not fit what was known. @returns milliseconds until there is more to do. */
  #settleNames(): number {
    if (!this.#owes()) return Number.POSITIVE_INFINITY;
    this.#notExact();
    const waitMs = this.exactWaitMs('names', this.#nowMs());
    if (waitMs === 0) this.exactly('names', () => {});
    return waitMs;
  }

  exactSince(): Position | null {
    return this.#isEverything() ? this.exactWhereIntercepted() : null;
  }

  resumed(resume: number | null): void {
    this.#marks.resumed(resume);
  }

  answered(pieces: number): void {
    this.#marks.answered(pieces);
  }

  mark(isAllSeen: boolean): void {
    this.#marks.step(isAllSeen && !this.#reader.isBypassed && this.exactSince() !== null, this.#nowMs());
  }

  #notExact(): void {
    this.#marks.broke();
    this.#exactness.read();
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

  /** The gate is closed: tells everything that was done. @returns false, with the gate open, where that takes too long. */
  #comesToRest(): boolean {
    const isQuiet = !this.#reader.isLost && this.#reader.isQuiet(QUIET_WAIT_MS);
    while (isQuiet && this.#takeSome());
    if (this.#settle() && isQuiet) return true;
    this.#reader.openGate();
    return false;
  }

  /** @returns false where there are no more. */
  #takeSome(): boolean {
    for (let taken = 0; taken < RECORDS_A_TURN; taken++) {
      const record = this.#reader.next();
      if (record === null) return false;
      let records = 1;
      try {
        const flush = decodeFlush(record, this.#folders);
        if (flush === null) records = this.#takeOne(record);
        else {
          this.#hasFlush = true;
          this.#flushed(flush);
        }
      } finally {
        // Only now what it led to is in the send queue: whoever follows a daemon that was killed takes it otherwise again.
        this.#reader.done(records);
      }
    }
    return true;
  }

  /** @returns how many records that were: some that follow may be taken as a part of it. */
  #takeOne(record: Uint8Array): number {
    let operation = decodeOperation(record, this.#folders);
    let records = 1;
    while (operation?.kind === 'make') {
      const behind = this.#reader.behind();
      const next = behind === null ? null : decodeOperation(behind, this.#folders);
      const whole = next === null ? null : madeWhole(operation, next);
      if (whole === null) break;
      operation = whole;
      records += 1;
    }
    if (operation === null) return records;
    this.#isTaking = true;
    try {
      this.#take(operation);
    } finally {
      this.#isTaking = false;
    }
    return records;
  }

  /** From here on operations are recorded again; what was done meanwhile a check finds. */
  #recover(): void {
    this.#notExact();
    if (!this.#reader.recover()) return;
    this.#refused.begin();
    this.#awaitsRefused = !this.#refused.awaitEnd(QUIET_WAIT_MS);
    this.#lost();
  }

  /** What was looked at since may have been changed after that. */
  #lostLate(): void {
    this.#awaitsRefused = false;
    this.#notExact();
    this.#lost();
  }
}
