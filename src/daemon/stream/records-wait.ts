import { RingReader } from '../../intercept/ring-reader.ts';
import { viewMapped } from '../../system/native/shared-memory.ts';
import { takeWake } from '../../system/native/wake.ts';
import type { StreamInterception } from './thread-messages.ts';

/**
 * While there were records, and nobody waits for what comes, so long more of them are gathered. One by one each
 * would wake this thread, and the passive server for a sync and a turn of its own, all at the cost of the application.
 */
const GATHER_MS = 4;

/** Sleeps for some milliseconds at most. */
type Wait = (timeoutMs: number) => unknown;

/** Lets a thread sleep until a record is put into the ring that it reads. */
export class RecordsWait {
  readonly descriptor: number;
  readonly #reader: RingReader;
  /** Records that were taken when it slept last. */
  #takenThen: number;

  constructor({ ring, wake }: StreamInterception) {
    this.descriptor = wake;
    this.#reader = new RingReader(viewMapped(ring));
    this.#takenThen = this.#reader.taken;
  }

  /**
   * Sleeps until there are records to be taken, or until it is time.
   * @param waits - until anything happens that the thread is told of; and that leaves out notices of what happened in
   *   the folders, which come with every record.
   */
  sleep(timeoutMs: number, waits: { readonly forAnything: Wait; readonly forOrders: Wait }): void {
    const reader = this.#reader;
    const hasTaken = reader.taken !== this.#takenThen;
    this.#takenThen = reader.taken;
    if (hasTaken) {
      if (reader.mayGather()) waits.forOrders(Math.min(timeoutMs, GATHER_MS));
    } else if (reader.mayRest()) waits.forAnything(timeoutMs);
    reader.awake();
    takeWake(this.descriptor);
  }
}
