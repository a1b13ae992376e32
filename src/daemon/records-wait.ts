import { RingReader } from '../intercept/ring-reader.ts';
import { viewMapped } from '../system/shared-memory.ts';
import { takeWake } from '../system/wake.ts';
import type { StreamInterception } from './thread-messages.ts';

/** Lets a thread sleep until a record is put into the ring that it reads. */
export class RecordsWait {
  readonly descriptor: number;
  readonly #reader: RingReader;

  constructor({ ring, wake }: StreamInterception) {
    this.descriptor = wake;
    this.#reader = new RingReader(viewMapped(ring));
  }

  /** From now on a record makes the descriptor readable. @returns false where there is one already. */
  mayRest(): boolean {
    return this.#reader.mayRest();
  }

  rested(): void {
    this.#reader.awake();
    takeWake(this.descriptor);
  }
}
