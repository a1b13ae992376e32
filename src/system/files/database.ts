import { existsSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Database, DatabaseError, type DatabaseStatement, type DatabaseValue } from '../../kernel/database.ts';
import { freeSpace } from './disk-space.ts';
import { errnoName } from '../native/errno.ts';
import { faults } from '../native/faults.ts';

/** SQLITE_FULL, and SQLITE_IOERR_SHMSIZE where the index of the log can't grow: https://www.sqlite.org/rescode.html */
const NO_SPACE_CODES: readonly number[] = [13, 4874];
/** SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN, whatever their further bits say. */
const REFUSED_CODES: readonly number[] = [8, 10, 14];
/** The index of the log takes 32 KiB, the log and the names of both a little more. */
const SPACE_TO_OPEN_BYTES = 128 * 1024;
/** The file and what SQLite keeps beside it. */
const SUFFIXES = ['', '-wal', '-shm'] as const;

/**
 * A database door on SQLite. A committed transaction survives a power cut (write-ahead log, synchronous
 * FULL: https://www.sqlite.org/pragma.html#pragma_synchronous).
 */
export class SqliteDatabase implements Database {
  readonly #database: DatabaseSync;
  readonly #file: string;

  private constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
  }

  /** Opens the file or makes it. @throws DatabaseError where it is damaged or can't be opened. */
  static open(file: string): SqliteDatabase {
    return translated(() => {
      const database = new DatabaseSync(file, { timeout: 1000 });
      try {
        database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216;');
        const sound = String(database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] ?? '');
        if (sound !== 'ok') throw new DatabaseError(sound);
        return new SqliteDatabase(database, file);
      } catch (error) {
        database.close();
        throw error;
      }
    });
  }

  /** Moves a damaged database out of the way, for whoever wants to look at it. @returns its new name. */
  static moveAside(file: string): string {
    let number = 1;
    while (existsSync(`${file}.damaged-${number}`)) number++;
    const aside = `${file}.damaged-${number}`;
    for (const suffix of SUFFIXES) if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
    return aside;
  }

  execute(sql: string): void {
    translated(() => this.#database.exec(sql));
  }

  prepare(sql: string): DatabaseStatement {
    return translated(() => new SqliteStatement(this.#database.prepare(sql)));
  }

  transaction(action: () => void): void {
    this.execute('BEGIN IMMEDIATE');
    try {
      action();
      this.#meetFaults();
      this.execute('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.execute('ROLLBACK');
      throw error;
    }
  }

  /** For tests (faults.ts). */
  #meetFaults(): void {
    const code = faults?.meet('commit', () => [this.#file]) ?? 0;
    if (code !== 0) throw new DatabaseError(`the transaction was not written: ${errnoName(code)}`, { isRefused: true });
  }

  close(): void {
    if (this.#database.isOpen) translated(() => this.#database.close());
  }
}

/** What opens the database in a file, and moves a damaged one out of the way. */
export function sqliteDoor(file: string): { open(): Database; moveAside(): string } {
  return { open: () => openOrNoSpace(file), moveAside: () => SqliteDatabase.moveAside(file) };
}

/** What lies beside a database has to be made before it can be read: on a full disk that is no damage. */
function openOrNoSpace(file: string): Database {
  try {
    return SqliteDatabase.open(file);
  } catch (error) {
    if (!(error instanceof DatabaseError) || freeSpace(dirname(file)).freeBytes >= SPACE_TO_OPEN_BYTES) throw error;
    throw new DatabaseError(error.message, { cause: error, isNoSpace: true });
  }
}

class SqliteStatement implements DatabaseStatement {
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
    statement.setReturnArrays(true);
  }

  run(...values: readonly DatabaseValue[]): void {
    translated(() => this.#statement.run(...values));
  }

  rows(...values: readonly DatabaseValue[]): DatabaseValue[][] {
    return translated(() => this.#statement.all(...values) as unknown as DatabaseValue[][]);
  }

  each(action: (row: DatabaseValue[]) => void): void {
    translated(() => {
      for (const row of this.#statement.iterate()) action(row as unknown as DatabaseValue[]);
    });
  }
}

function translated<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof DatabaseError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new DatabaseError(text, { cause: error, isNoSpace: isNoSpace(error), isRefused: isRefused(error) });
  }
}

function isNoSpace(error: unknown): boolean {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' && NO_SPACE_CODES.includes(errcode);
}

function isRefused(error: unknown): boolean {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' && !isNoSpace(error) && REFUSED_CODES.includes(errcode & 0xff);
}
