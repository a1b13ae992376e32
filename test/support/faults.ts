import fs from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Fault, FAULTS_VARIABLE } from '../../src/system/native/faults.ts';

/** So many files of orders, one after the other, have each another length. */
const LENGTHS = 1024;

/**
 * Lets calls of one daemon fail, be late or hang while it runs (src/system/native/faults.ts). A pair is started for
 * that with `startPair({ faults: true })`; the orders of a server are `server.faults`. They hold for the
 * daemon's very next call, and over its restarts.
 */
export class FaultOrders {
  readonly file: string;
  #orders: readonly Fault[] = [];
  #written = 0;

  constructor(file: string) {
    this.file = file;
  }

  /** From now on, besides those before. @returns what ends it. */
  begin(...faults: readonly Fault[]): () => void {
    this.#write([...this.#orders, ...faults]);
    return () => this.#write(this.#orders.filter((fault) => !faults.includes(fault)));
  }

  /** Marks of the calls that are kept waiting, each with its thread and a number that rises. */
  waiting(): string[] {
    const mark = `${basename(this.file)}.waiting-`;
    return fs.readdirSync(dirname(this.file)).filter((name) => name.startsWith(mark));
  }

  /** All is mended. */
  end(): void {
    this.#write([]);
  }

  /** For a daemon's environment. */
  get environment(): NodeJS.ProcessEnv {
    return { [FAULTS_VARIABLE]: this.file };
  }

  /**
   * As a whole, so that a daemon reads the old orders or the new ones; and each time of another length, for a file that
   * follows one before within a few milliseconds may have its inode and its time.
   */
  #write(orders: readonly Fault[]): void {
    this.#orders = orders;
    this.#written = (this.#written + 1) % LENGTHS;
    const text = JSON.stringify(orders);
    const bytes = Math.ceil(text.length / LENGTHS) * LENGTHS + this.#written;
    fs.writeFileSync(`${this.file}.new`, text.padEnd(bytes));
    fs.renameSync(`${this.file}.new`, this.file);
  }
}

export type { Fault };
