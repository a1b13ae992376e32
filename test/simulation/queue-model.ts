import { comparePositions, type Position } from '../../src/changes/change.ts';
import type { Journal } from '../../src/journal/journal.ts';
import type { Random } from '../../src/kernel/random.ts';

export class Violation extends Error {
  override readonly name = 'Violation';
}

export interface Entry {
  readonly position: Position;
  readonly bytes: Buffer;
}

/** What a queue must hold, and may hold, whatever happened to it. */
export class QueueModel {
  readonly #base: Position;
  /** All that may be there, in order; attempts included. */
  readonly entries: Entry[] = [];
  /** So many of them must be there after a crash. */
  synced = 0;
  /** So many of them may be gone. */
  trimmed = 0;

  constructor(base: Position) {
    this.#base = base;
  }

  get last(): Position {
    return this.positionOf(this.entries.length);
  }

  /** Position of the newest among the first so many entries. */
  positionOf(count: number): Position {
    return this.entries[count - 1]?.position ?? this.#base;
  }

  /** Everything appended is as it must be; before any crash, so nothing may be missing. */
  check(journal: Journal, random: Random): void {
    this.#checkHeld(journal, { from: this.trimmed, to: this.entries.length }, random);
  }

  /** After a reopen: takes over what is there, where it is allowed. */
  adopt(journal: Journal, random: Random): void {
    const to = this.#countAt(journal.last, 'last');
    const from = this.#countAt(journal.follows, 'follows');
    if (to < this.synced) throw new Violation(`lost ${this.synced - to} synced records`);
    if (from > this.trimmed) throw new Violation(`lost ${from - this.trimmed} records that were not trimmed`);
    this.entries.length = to;
    this.#checkHeld(journal, { from, to }, random);
    this.synced = to;
    this.trimmed = from;
  }

  /** What a read gave is what was appended, in the same order and from the right place. */
  checkRead(after: Position, result: { records: Buffer; last: Position } | null): void {
    const from = this.entries.findIndex((entry) => comparePositions(entry.position, after) > 0);
    if (result === null) {
      if (from >= 0) throw new Violation('a read found nothing where records follow');
      return;
    }
    const to = this.#countAt(result.last, 'read');
    if (to <= from) throw new Violation('a read went backwards');
    const expected = Buffer.concat(this.entries.slice(from, to).map((entry) => entry.bytes));
    if (!expected.equals(result.records)) throw new Violation('a read gave other bytes than were appended');
  }

  #checkHeld(journal: Journal, held: { from: number; to: number }, random: Random): void {
    const entries = this.entries.slice(held.from, held.to);
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
    if (journal.records !== entries.length)
      throw new Violation(`counts ${journal.records} of ${entries.length} records`);
    if (journal.bytes !== bytes) throw new Violation(`counts ${journal.bytes} of ${bytes} bytes`);
    const first = entries[0]?.position ?? null;
    if (JSON.stringify(journal.first) !== JSON.stringify(first)) throw new Violation('first is another record');
    let at = journal.follows;
    for (;;) {
      const result = journal.read(at, 1 + Math.floor(random() * 20_000));
      this.checkRead(at, result);
      if (result === null) return;
      at = result.last;
    }
  }

  #countAt(position: Position, what: string): number {
    for (let count = this.entries.length; count >= 0; count -= 1) {
      if (comparePositions(this.positionOf(count), position) === 0) return count;
    }
    throw new Violation(`${what} is (${position.epoch}, ${position.sequence}), where nothing was appended`);
  }
}
