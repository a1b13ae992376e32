import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** What a database file holds, read as its own program would. */
export interface DatabaseState {
  readonly rows: number;
  /** SQLite's own check of the whole file. */
  readonly isSound: boolean;
}

/**
 * A SQLite database that is kept open and written to, to try replication with. Its journal is a file
 * beside it and nothing is mapped into memory, so that every change is seen from outside. Calls block.
 */
export class LiveDatabase {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;

  /** Makes the file where there is none. */
  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(`
      PRAGMA journal_mode = DELETE; PRAGMA mmap_size = 0; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS totals (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
      INSERT OR IGNORE INTO totals VALUES ('entries', 0);`);
    this.#insert = this.#database.prepare('INSERT INTO entries (text) VALUES (?)');
    this.#update = this.#database.prepare("UPDATE totals SET value = value + 1 WHERE name = 'entries'");
  }

  /** One transaction that changes two tables. */
  add(text: string): void {
    this.#database.exec('BEGIN IMMEDIATE');
    this.#insert.run(text);
    this.#update.run();
    this.#database.exec('COMMIT');
  }

  close(): void {
    this.#database.close();
  }
}

/** Looks into a database that nobody writes to. @throws Error where it can't be opened. */
export function examineDatabase(file: string): DatabaseState {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const check = database.prepare('PRAGMA integrity_check').get();
    const rows = Number(database.prepare('SELECT count(*) AS n FROM entries').get()?.['n']);
    const total = Number(database.prepare("SELECT value FROM totals WHERE name = 'entries'").get()?.['value']);
    return { rows, isSound: check?.['integrity_check'] === 'ok' && rows === total };
  } finally {
    database.close();
  }
}
