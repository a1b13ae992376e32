import type { Change, Position } from '../../changes/change.ts';
import { encodeChange } from '../../changes/codec.ts';
import { ReusedMemory } from '../../changes/reused-memory.ts';
import type { Journal } from '../../journal/journal.ts';
import { MIB, type MonotonicMs } from '../../kernel/units.ts';
import { isProblem } from '../../problems/problem.ts';
import type { QueueCondition, QueueSpace } from '../stream/queue-space.ts';

/** What a queue needs to work at all while the passive server takes what is in it: held also where little space is left. */
const WORKING_BYTES = 16 * MIB;

/** Why a send queue may hold no more: its own bound, or the space left beside it. */
export type QueueBound = 'size' | 'space';

/**
 * What the active server has captured and the passive one does not hold yet. A disk without space is
 * no failure: what finds no room is not appended, and the caller remembers it in another way.
 */
export class SendQueue {
  readonly #journal: Journal;
  readonly #directory: string;
  readonly #space: QueueSpace;
  readonly #memory = new ReusedMemory();

  constructor(options: { journal: Journal; directory: string; space: QueueSpace }) {
    this.#journal = options.journal;
    this.#directory = options.directory;
    this.#space = options.space;
  }

  get first(): Position | null {
    return this.#journal.first;
  }

  get last(): Position {
    return this.#journal.last;
  }

  get bytes(): number {
    return this.#journal.bytes;
  }

  get records(): number {
    return this.#journal.records;
  }

  get sizeBytesMax(): number {
    return this.#space.limits.sizeBytesMax;
  }

  get isDiskFull(): boolean {
    return this.#space.isFull;
  }

  oldestMs(now: MonotonicMs): number {
    return this.#journal.oldestMs(now);
  }

  condition(isHeld: boolean): QueueCondition {
    const { limits, freeBytes, isFull } = this.#space;
    return {
      ...limits,
      directory: this.#directory,
      bytes: this.#journal.bytes,
      freeBytes,
      isDiskFull: isFull,
      isHeld,
    };
  }

  /** In memory that is good until the next one, or the next read. */
  encode(position: Position, change: Change): Buffer {
    return encodeChange(position, change, this.#memory);
  }

  /** @returns false where there is no space: nothing was appended. */
  append(record: Uint8Array, position: Position): boolean {
    const done = this.#withRoom(() => this.#journal.append(record, position));
    if (done) this.#space.wrote(record.length);
    return done;
  }

  /** The bound that what it holds goes beyond; null where there is none. @param isLinked - the passive server takes what is in it, or will. */
  boundMet(isLinked: boolean): QueueBound | null {
    const { bytes } = this.#journal;
    if (bytes > this.#space.limits.sizeBytesMax) return 'size';
    return bytes > (isLinked ? WORKING_BYTES : 0) && this.#space.isShort ? 'space' : null;
  }

  /** In memory that is good until the next read, or the next record. */
  read(after: Position, bytesMax: number): { records: Buffer; last: Position } | null {
    return this.#journal.read(after, bytesMax, (bytes) => this.#memory.take(bytes));
  }

  trim(upTo: Position): void {
    this.#withRoom(() => this.#journal.trim(upTo));
  }

  /** Empties it; the next record follows `to`. @returns false where there is no space for that. */
  begin(to: Position): boolean {
    const done = this.#withRoom(() => this.#journal.reset(to));
    this.#space.freed();
    return done;
  }

  /** Gives everything in it up, and the space it took. */
  giveUp(): void {
    const { last } = this.#journal;
    if (this.begin(last)) return;
    // Beginning anew takes a little before it gives back.
    this.trim(last);
    this.begin(last);
  }

  close(): void {
    this.#journal.close();
  }

  #withRoom(action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      if (!isProblem(error, 'L20')) throw error;
      this.#space.refused();
      return false;
    }
  }
}
