import fs from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Fault, FAULTS_VARIABLE } from '../../src/system/native/faults.ts';

/**
 * Lets calls of one daemon fail, be late or hang while it runs (src/system/native/faults.ts). A pair is started for
 * that with `startPair({ faults: true })`; the orders of a server are `server.faults`. They hold for the
 * daemon's very next call, and over its restarts.
 */
export class FaultOrders {
  readonly file: string;
  #orders: readonly Fault[] = [];

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

  /** As a whole, so that a daemon reads the old orders or the new ones. */
  #write(orders: readonly Fault[]): void {
    this.#orders = orders;
    fs.writeFileSync(`${this.file}.new`, JSON.stringify(orders));
    fs.renameSync(`${this.file}.new`, this.file);
  }
}

export type { Fault };
