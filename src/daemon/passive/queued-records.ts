import { comparePositions, INLINE_BYTES_MAX, ORIGIN, type Position } from '../../changes/change.ts';
import { type DecodedRecord, decodeRecord } from '../../changes/codec.ts';
import { ReusedMemory } from '../../changes/reused-memory.ts';
import { KIB } from '../../kernel/units.ts';
import type { Journal } from '../../journal/journal.ts';

/** Read at once: a record with as much content as one may carry fits. */
const READ_BYTES = INLINE_BYTES_MAX + 16 * KIB;
const NOTHING = Buffer.alloc(0);

/** Records of a queue one by one. They are read by the batch, and what was read is kept until it was taken. */
export class QueuedRecords {
  readonly #queue: Pick<Journal, 'read'>;
  readonly #memory = new ReusedMemory();
  #batch: Buffer = NOTHING;
  /** Where the record begins that follows {@link #after}. */
  #at = 0;
  #after: Position = ORIGIN;

  constructor(queue: Pick<Journal, 'read'>) {
    this.#queue = queue;
  }

  /**
   * The record that follows a position; null where there is none. Its content lies in memory of the batch, which the
   * next batch overwrites.
   * @throws MalformedRecord, and as Journal.read.
   */
  after(position: Position): DecodedRecord | null {
    if (!this.hasMore || comparePositions(this.#after, position) !== 0) {
      this.#after = position;
      this.#at = 0;
      this.#batch = this.#queue.read(position, READ_BYTES, (bytes) => this.#memory.take(bytes))?.records ?? NOTHING;
    }
    return this.hasMore ? decodeRecord(this.#batch, this.#at) : null;
  }

  /** The one that {@link after} gave is done with. */
  taken({ position, length }: DecodedRecord): void {
    this.#after = position;
    this.#at += length;
    if (!this.hasMore) this.clear();
  }

  /** Does the next one lie in what was read? */
  get hasMore(): boolean {
    return this.#at < this.#batch.length;
  }

  /** What was read is forgotten: the queue begins anew. */
  clear(): void {
    this.#batch = NOTHING;
    this.#at = 0;
  }
}
