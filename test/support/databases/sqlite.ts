import fs from 'node:fs';
import { join } from 'node:path';
import { command, type Database, type Running, start } from './database.ts';

const PROGRAM = new URL('../ledger_writer.py', import.meta.url).pathname;
const FOREVER = 1_000_000_000;

/** Two SQLite databases, one with a rollback journal and one with a write-ahead log; what the second holds came out of the first. */
export class SqliteLedgers implements Database {
  readonly name = 'sqlite';
  readonly #folder: string;
  #work: Running | null = null;

  /** @param parent - for its files. */
  constructor(parent: string) {
    this.#folder = join(parent, this.name);
  }

  async create(): Promise<void> {
    await fs.promises.mkdir(this.#folder);
  }

  work(): void {
    this.#work = start(null, 'python3', [PROGRAM, 'write', this.#folder, String(FOREVER)]);
  }

  async stop(): Promise<void> {
    const work = this.#work;
    this.#work = null;
    await work?.end('SIGTERM');
    if (work !== null && work.output() !== '') throw new Error(`SQLite: ${work.output()}`);
  }

  async look(copy: string): Promise<number> {
    const found = await command(null, 'python3', [PROGRAM, 'look', join(copy, this.name)]);
    const counts = /^(\d+) \d+\n$/.exec(found);
    if (counts === null) throw new Error(`SQLite has ${found}`);
    return Number(counts[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
  }
}
