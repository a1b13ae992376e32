import fs from 'node:fs';
import { join } from 'node:path';
import { answers, command, type Database, type Running, socketFolder, start } from './database.ts';

const CLIENTS = 2;
/** Between two commits of one client: others work on the machine, too. */
const PAUSE_S = 0.02;
const ACCOUNTS = 100;
const TABLES = ['accounts', 'entries'];
const SCHEMA = `
  CREATE DATABASE trial;
  USE trial;
  CREATE TABLE accounts (id INT PRIMARY KEY, balance INT NOT NULL) ENGINE=InnoDB;
  INSERT INTO accounts SELECT seq, 1000 FROM seq_1_to_${ACCOUNTS};
  CREATE TABLE entries (client INT, number INT, text VARCHAR(600), PRIMARY KEY (client, number)) ENGINE=InnoDB;
  DELIMITER //
  CREATE PROCEDURE work(me INT) BEGIN
    DECLARE next INT DEFAULT 1;
    DECLARE one INT;
    LOOP
      SET one = 1 + next % ${ACCOUNTS / 2};
      START TRANSACTION;
      INSERT INTO entries VALUES (me, next, repeat('x', one * 9));
      UPDATE accounts SET balance = balance - 1 WHERE id = one;
      UPDATE accounts SET balance = balance + 1 WHERE id = one + ${ACCOUNTS / 2};
      COMMIT;
      SET next = next + 1;
      DO SLEEP(${PAUSE_S});
    END LOOP;
  END //
`;
const LOOK = `
  SELECT (SELECT sum(balance) FROM accounts),
         (SELECT count(*) FROM entries),
         (SELECT coalesce(sum(highest), 0) FROM (SELECT max(number) AS highest FROM entries GROUP BY client) AS each_one)
`;

/** MariaDB of Debian's package, with asynchronous I/O of the kernel's. */
export class MariaDb implements Database {
  readonly name = 'mariadb';
  readonly #folder: string;
  readonly #folderName: string;
  readonly #sockets = socketFolder();
  #server: Running | null = null;
  #work: Running[] = [];

  /** @param parent - of the folder with its files. */
  constructor(parent: string, folderName = 'mariadb') {
    this.#folderName = folderName;
    this.#folder = join(parent, folderName);
  }

  async create(): Promise<void> {
    const options = [
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--user=mysql',
      `--tmpdir=${this.#sockets}`,
    ];
    await command(null, 'mariadb-install-db', ['--no-defaults', ...options, `--datadir=${this.#folder}`]);
    this.#server = await this.#serve(this.#folder, this.#sockets);
    const script = join(this.#sockets, 'schema.sql');
    fs.writeFileSync(script, SCHEMA);
    await this.#ask(this.#sockets, 'mysql', `source ${script}`);
  }

  work(): void {
    for (let client = 1; client <= CLIENTS; client++) {
      this.#work.push(start(null, 'mariadb', this.#asking(this.#sockets, 'trial', `CALL work(${String(client)})`)));
    }
  }

  async stop(): Promise<void> {
    const ended = this.#work.splice(0);
    for (const work of ended) await work.end('SIGKILL');
    await this.#server?.end('SIGTERM');
    this.#server = null;
    const said = ended.map((work) => work.output()).join('');
    if (said !== '') throw new Error(`MariaDB's client: ${said}`);
  }

  async look(copy: string): Promise<number> {
    const sockets = socketFolder();
    const server = await this.#serve(join(copy, this.#folderName), sockets);
    try {
      const checked = await this.#ask(sockets, 'trial', `CHECK TABLE ${TABLES.join(', ')} EXTENDED`);
      if (checked.match(/\tstatus\tOK$/gm)?.length !== TABLES.length) throw new Error(`CHECK TABLE: ${checked}`);
      const [balance, entries, highest] = (await this.#ask(sockets, 'trial', LOOK)).trim().split('\t').map(Number);
      if (balance !== ACCOUNTS * 1000) throw new Error(`the balances of MariaDB are ${String(balance)} together`);
      if (entries !== highest) throw new Error(`MariaDB has ${String(entries)} entries up to ${String(highest)}`);
      return entries ?? 0;
    } finally {
      await server.end('SIGKILL');
      fs.rmSync(sockets, { recursive: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const work of this.#work) await work.end('SIGKILL');
    await this.#server?.end('SIGKILL');
    fs.rmSync(this.#sockets, { recursive: true, force: true });
  }

  async #serve(folder: string, sockets: string): Promise<Running> {
    const options = ['--skip-networking', '--innodb-use-native-aio=1', '--innodb-flush-log-at-trx-commit=1'];
    options.push('--innodb-buffer-pool-size=32M', '--innodb-log-file-size=16M', `--socket=${join(sockets, 'socket')}`);
    options.push('--user=mysql', `--tmpdir=${sockets}`, `--pid-file=${join(sockets, 'pid')}`, `--datadir=${folder}`);
    const server = start(null, 'mariadbd', ['--no-defaults', ...options]);
    await answers('MariaDB', server, () => this.#ask(sockets, 'mysql', 'SELECT 1'));
    return server;
  }

  #ask(sockets: string, database: string, sql: string): Promise<string> {
    return command(null, 'mariadb', this.#asking(sockets, database, sql));
  }

  #asking(sockets: string, database: string, sql: string): string[] {
    return ['--no-defaults', `--socket=${join(sockets, 'socket')}`, '-u', 'root', '-N', '-B', database, '-e', sql];
  }
}
