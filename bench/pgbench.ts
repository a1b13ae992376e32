import fs from 'node:fs';
import { join } from 'node:path';
import { answers, command, type Running, socketFolder, start } from '../test/support/databases/database.ts';
import { postgresProgram } from '../test/support/databases/postgres.ts';

const USER = 'postgres';
const SCALE = 10;
const CLIENTS = 4;
const THREADS = 2;

/** PostgreSQL of Debian's package with its default settings, and pgbench's own tables and transactions. */
export class Pgbench implements AsyncDisposable {
  readonly #server: Running;
  readonly #sockets: string;

  private constructor(server: Running, sockets: string) {
    this.#server = server;
    this.#sockets = sockets;
  }

  /** @param folder - is made, for the database's files. */
  static async start(folder: string): Promise<Pgbench> {
    const sockets = socketFolder();
    fs.mkdirSync(folder);
    await command(null, 'chown', [`${USER}:`, folder]);
    const files = join(folder, 'files');
    await command(USER, postgresProgram('initdb'), ['-D', files, '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N']);
    const args = ['-D', files, '-k', sockets, '-c', 'listen_addresses='];
    const server = start(USER, postgresProgram('postgres'), args);
    await answers('PostgreSQL', server, () =>
      command(USER, postgresProgram('psql'), ['-h', sockets, '-qAtc', 'SELECT 1', 'postgres']),
    );
    const bench = new Pgbench(server, sockets);
    await bench.#run('-i', '-q', '-s', String(SCALE));
    return bench;
  }

  /** @returns transactions that were committed in a second. */
  async commitsPerSecond(seconds: number): Promise<number> {
    const output = await this.#run('-n', '-c', String(CLIENTS), '-j', String(THREADS), '-T', String(seconds));
    const found = /^tps = ([\d.]+)/m.exec(output)?.[1];
    if (found === undefined) throw new Error(`pgbench told no rate: ${output}`);
    return Number(found);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.end('SIGINT');
    fs.rmSync(this.#sockets, { recursive: true, force: true });
  }

  #run(...args: readonly string[]): Promise<string> {
    return command(USER, postgresProgram('pgbench'), ['-h', this.#sockets, ...args, 'postgres']);
  }
}
