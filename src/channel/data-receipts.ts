import type { Cancel, Timers } from '../kernel/clock.ts';
import { MIB } from '../kernel/units.ts';

/** What came is told when it is so much, … */
const TOLD_BYTES = 2 * MIB;
/** … and not later than this. */
const TOLD_MS = 25;

/** Counts what comes on a data connection, and says when the sender is to be told. */
export class DataReceipts {
  readonly #timers: Timers;
  readonly #tell: (bytes: number) => void;
  #bytes = 0;
  #told = 0;
  #cancel: Cancel | null = null;

  /** @param tell - gets the bytes since the connection was made. */
  constructor(timers: Timers, tell: (bytes: number) => void) {
    this.#timers = timers;
    this.#tell = tell;
  }

  get bytes(): number {
    return this.#bytes;
  }

  came(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes - this.#told >= TOLD_BYTES) this.#now();
    else this.#cancel ??= this.#timers.after(TOLD_MS, () => this.#now());
  }

  end(): void {
    this.#cancel?.();
  }

  #now(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#told = this.#bytes;
    this.#tell(this.#bytes);
  }
}
