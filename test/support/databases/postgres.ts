import fs from 'node:fs';
import { join } from 'node:path';
import { answers, command, type Database, type Running, socketFolder, start } from './database.ts';

const USER = 'postgres';
const CLIENTS = 3;
/** Of all clients together: others work on the machine, too. */
const COMMITS_PER_SECOND = 100;
const ACCOUNTS = 100;
const FOREVER_S = 86_400;
const TOLD_MAX = 50_000;
/** What pgbench writes of each commit, and which field of it is how long that took. */
const COMMITS = 'commits';
const COMMIT_US = 2;
export const COMMITS_BUFFER_BYTES = 4096;
const SETTINGS = [
  "listen_addresses = ''",
  'shared_buffers = 16MB',
  // Small, so that files are used again and checkpoints are many.
  'max_wal_size = 64MB',
  'min_wal_size = 32MB',
  'checkpoint_timeout = 30s',
  'log_min_messages = warning',
];
const SCHEMA = `
  CREATE EXTENSION amcheck;
  CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL);
  INSERT INTO accounts SELECT n, 1000 FROM generate_series(1, ${ACCOUNTS}) n;
  CREATE TABLE entries (client int, number int, text text, PRIMARY KEY (client, number));
`;
const WORK = `
\\set from random(1, ${ACCOUNTS / 2})
\\set to random(${ACCOUNTS / 2 + 1}, ${ACCOUNTS})
BEGIN;
INSERT INTO entries SELECT :client_id, coalesce(max(number), 0) + 1, repeat('x', :from * 9)
  FROM entries WHERE client = :client_id;
UPDATE accounts SET balance = balance - 1 WHERE id = :from;
UPDATE accounts SET balance = balance + 1 WHERE id = :to;
COMMIT;
`;
const LOOK = `
  SELECT (SELECT sum(balance) FROM accounts),
         (SELECT count(*) FROM entries),
         (SELECT coalesce(sum(highest), 0) FROM (SELECT max(number) AS highest FROM entries GROUP BY client) each);
`;

/** PostgreSQL of Debian's package. */
export class Postgres implements Database {
  readonly name = 'postgres';
  readonly #folder: string;
  readonly #folderName: string;
  readonly #sockets = socketFolder();
  #server: Running | null = null;
  #work: Running | null = null;

  /** @param parent - of the folder with its files. */
  constructor(parent: string, folderName = 'postgres') {
    this.#folderName = folderName;
    this.#folder = join(parent, folderName);
  }

  async create(): Promise<void> {
    fs.mkdirSync(this.#folder);
    await command(null, 'chown', [`${USER}:`, this.#folder]);
    await command(USER, postgresProgram('initdb'), [
      '-D',
      this.#folder,
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
    ]);
    fs.appendFileSync(join(this.#folder, 'postgresql.conf'), `${SETTINGS.join('\n')}\n`);
    this.#server = await this.#serve(this.#folder, this.#sockets);
    await this.#ask(this.#sockets, SCHEMA);
  }

  work(): void {
    const script = join(this.#sockets, 'work.sql');
    fs.writeFileSync(script, WORK);
    const args = ['-n', '-h', this.#sockets, '-c', String(CLIENTS), '-T', String(FOREVER_S)];
    args.push('-R', String(COMMITS_PER_SECOND), '-f', script, '-l', '--log-prefix', join(this.#sockets, COMMITS));
    args.push('postgres');
    this.#work = start(USER, postgresProgram('pgbench'), args);
  }

  /** Bytes of what pgbench wrote of its commits: by buffers of {@link COMMITS_BUFFER_BYTES}, and what one still holds goes with it. */
  commitBytes(): number {
    return this.#commits().length;
  }

  /** Of the work: milliseconds that the slowest commit written of took, begun late for another one or not. */
  longestCommitMs(): number {
    const commits = this.#commits();
    const lines = commits.slice(0, commits.lastIndexOf('\n')).split('\n');
    return Math.max(...lines.map((line) => Number(line.split(' ')[COMMIT_US]) / 1000));
  }

  #commits(): string {
    const names = fs.readdirSync(this.#sockets).filter((name) => name.startsWith(COMMITS));
    return names.map((name) => fs.readFileSync(join(this.#sockets, name), 'latin1')).join('');
  }

  /** Begins to commit one entry after the other instead, and to write a line with its number once each is committed. */
  tell(): Running {
    const script = join(this.#sockets, 'tell.sql');
    const entries = Array.from({ length: TOLD_MAX }, (_, index) => index + 1).map(
      (number) => `INSERT INTO entries VALUES (0, ${number}, 'told');\n\\echo ${this.name} ${number}\n`,
    );
    fs.writeFileSync(script, entries.join(''));
    const args = ['-h', this.#sockets, '-v', 'ON_ERROR_STOP=1', '-qAt', '-f', script, 'postgres'];
    // Each line when it is written, not many of them together.
    this.#work = start(USER, 'stdbuf', ['-oL', postgresProgram('psql'), ...args]);
    return this.#work;
  }

  async stop(): Promise<void> {
    const work = this.#work;
    this.#work = null;
    await work?.end('SIGINT');
    await this.#server?.end('SIGINT');
    this.#server = null;
    if (work !== null && /aborted|error/i.test(work.output())) throw new Error(`pgbench: ${work.output()}`);
  }

  async look(copy: string): Promise<number> {
    const folder = join(copy, this.#folderName);
    const sockets = socketFolder();
    fs.rmSync(join(folder, 'postmaster.pid'), { force: true });
    const server = await this.#serve(folder, sockets);
    try {
      await command(USER, postgresProgram('pg_amcheck'), [
        '-h',
        sockets,
        '--heapallindexed',
        '--rootdescend',
        'postgres',
      ]);
      const [balance, entries, highest] = (await this.#ask(sockets, LOOK)).trim().split('|').map(Number);
      if (balance !== ACCOUNTS * 1000) throw new Error(`the balances of PostgreSQL are ${String(balance)} together`);
      if (entries !== highest) throw new Error(`PostgreSQL has ${String(entries)} entries up to ${String(highest)}`);
      return entries ?? 0;
    } finally {
      await server.end('SIGQUIT');
      fs.rmSync(sockets, { recursive: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work?.end('SIGKILL');
    await this.#server?.end('SIGQUIT');
    fs.rmSync(this.#sockets, { recursive: true, force: true });
  }

  async #serve(folder: string, sockets: string): Promise<Running> {
    const server = start(USER, postgresProgram('postgres'), ['-D', folder, '-k', sockets]);
    await answers('PostgreSQL', server, () => this.#ask(sockets, 'SELECT 1'));
    return server;
  }

  #ask(sockets: string, sql: string): Promise<string> {
    return command(USER, postgresProgram('psql'), [
      '-h',
      sockets,
      '-v',
      'ON_ERROR_STOP=1',
      '-qAt',
      '-c',
      sql,
      'postgres',
    ]);
  }
}

/** Of the newest version that is installed. */
export function postgresProgram(name: string): string {
  const top = '/usr/lib/postgresql';
  const [version] = fs.readdirSync(top).sort((a, b) => Number(b) - Number(a));
  return join(top, String(version), 'bin', name);
}
