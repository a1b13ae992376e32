import { existsSync, renameSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Problem } from '../../problems/problem.ts';
import { faults } from '../native/faults.ts';

const SCHEMA_VERSION = 1;
const ROWS_MAX = 100_000;
/** Rows are removed in batches, so that an append rarely pays for it. */
const TRIM_EVERY = 256;
const TEXT_LENGTH_MAX = 4_096;
const DETAILS_LENGTH_MAX = 16_384;
/** SQLITE_CORRUPT and SQLITE_NOTADB: https://www.sqlite.org/rescode.html */
const DAMAGE_CODES: readonly number[] = [11, 26];

export interface NewEvent {
  /** Milliseconds since 1970, by the wall clock. */
  readonly atMs: number;
  readonly server: 'primary' | 'secondary';
  readonly level: 'error' | 'warning' | 'information';
  readonly code: string | null;
  readonly text: string;
  readonly item: string | null;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

export interface StoredEvent extends Omit<NewEvent, 'atMs' | 'details'> {
  readonly id: number;
  /** ISO 8601. */
  readonly at: string;
  readonly details: Record<string, string | number | boolean | null>;
}

export interface EventQuery {
  /** Not before this moment (wall clock). */
  readonly sinceMs?: number | undefined;
  readonly code?: string | undefined;
  /** Of those that match, the newest so many. */
  readonly limit: number;
}

/**
 * The event history of one server, in a SQLite file. An appended event survives a kill of the
 * process; a power cut may take the last seconds. Bounded: the oldest rows go first. Trouble with
 * the file never stops the caller: it is told to `onProblem` (DIA-002 when a damaged file was moved
 * aside, DIA-003 when events are being lost), once until it works again. Calls block for
 * well under a millisecond; not safe to share between threads.
 */
export class EventStore {
  readonly #file: string;
  readonly #rowsMax: number;
  readonly #onProblem: (problem: Problem | null) => void;
  #database: DatabaseSync | null = null;
  #insert: StatementSync | null = null;
  #sinceTrim = 0;
  #failing = false;

  /** `onProblem` gets null when writing works again after DIA-003. */
  constructor(options: {
    readonly file: string;
    readonly onProblem: (problem: Problem | null) => void;
    readonly rowsMax?: number;
  }) {
    this.#file = options.file;
    this.#rowsMax = options.rowsMax ?? ROWS_MAX;
    this.#onProblem = options.onProblem;
    this.#guarded(() => this.#open());
  }

  /** @returns false where it was not kept. */
  append(event: NewEvent): boolean {
    const isKept = this.#guarded(() => {
      const statement = this.#insert ?? this.#open();
      if ((faults?.meet('commit', () => [this.#file]) ?? 0) !== 0) throw new Error('disk I/O error');
      statement.run(
        Math.trunc(event.atMs),
        event.server,
        event.level,
        event.code,
        event.text.slice(0, TEXT_LENGTH_MAX),
        event.item?.slice(0, TEXT_LENGTH_MAX) ?? null,
        detailsText(event.details),
      );
      this.#works();
      return true;
    });
    this.#sinceTrim += 1;
    if (this.#sinceTrim >= TRIM_EVERY) this.#guarded(() => this.#trim());
    return isKept === true;
  }

  /** Oldest first. Empty while the file can't be read. */
  find(query: EventQuery): StoredEvent[] {
    return (
      this.#guarded(() => {
        if (this.#database === null) this.#open();
        const rows = this.#database
          ?.prepare(`SELECT * FROM events WHERE at_ms >= ? AND (? IS NULL OR code = ?) ORDER BY id DESC LIMIT ?`)
          .all(Math.trunc(query.sinceMs ?? -8.64e15), query.code ?? null, query.code ?? null, Math.trunc(query.limit));
        return (rows ?? []).map(eventOf).reverse();
      }) ?? []
    );
  }

  close(): void {
    const database = this.#database;
    this.#database = null;
    this.#insert = null;
    if (database?.isOpen === true) database.close();
  }

  #open(): StatementSync {
    const database = new DatabaseSync(this.#file, { timeout: 1_000 });
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304;');
      const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
      if (version > SCHEMA_VERSION) throw new Error(`it was written by a newer release (form ${version})`);
      const sound = String(database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] ?? '');
      if (sound !== 'ok') throw new DamageError(sound);
      database.exec(`
        CREATE TABLE IF NOT EXISTS events (
          id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, server TEXT NOT NULL, level TEXT NOT NULL,
          code TEXT, text TEXT NOT NULL, item TEXT, details TEXT NOT NULL) STRICT;
        PRAGMA user_version = ${SCHEMA_VERSION};`);
      const insert = database.prepare(
        'INSERT INTO events (at_ms, server, level, code, text, item, details) VALUES (?, ?, ?, ?, ?, ?, ?)',
      );
      this.#database = database;
      this.#insert = insert;
      this.#trim();
      return insert;
    } catch (error) {
      this.#database = null;
      this.#insert = null;
      database.close();
      throw error;
    }
  }

  #trim(): void {
    this.#sinceTrim = 0;
    this.#database
      ?.prepare('DELETE FROM events WHERE id <= (SELECT COALESCE(MAX(id), 0) FROM events) - ?')
      .run(this.#rowsMax);
  }

  /** Runs; after damage runs once more on a new file. */
  #guarded<T>(action: () => T): T | null {
    try {
      return action();
    } catch (error) {
      if (!isDamage(error)) return this.#fails(error);
    }
    try {
      this.#moveAside('its content is not a sound database');
      return action();
    } catch (error) {
      return this.#fails(error);
    }
  }

  #moveAside(reason: string): void {
    try {
      this.close();
    } catch (error) {
      // A damaged database may not close; the file is moved away from under it.
      this.#database = null;
      if (!isDamage(error)) throw error;
    }
    const keptAs = freeName(`${this.#file}.damaged`);
    renameSync(this.#file, keptAs);
    for (const suffix of ['-wal', '-shm']) {
      if (existsSync(this.#file + suffix)) renameSync(this.#file + suffix, keptAs + suffix);
    }
    this.#onProblem(new Problem('DIA-002', { file: this.#file, reason, keptAs }));
  }

  #fails(error: unknown): null {
    if (!this.#failing) {
      this.#failing = true;
      const reason = error instanceof Error ? error.message : String(error);
      this.#onProblem(new Problem('DIA-003', { file: this.#file, reason }, { cause: error }));
    }
    return null;
  }

  #works(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#onProblem(null);
  }
}

class DamageError extends Error {
  override readonly name = 'DamageError';
}

function isDamage(error: unknown): boolean {
  if (error instanceof DamageError) return true;
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' && DAMAGE_CODES.includes(code & 0xff);
}

function freeName(wanted: string): string {
  for (let number = 1; ; number += 1) {
    const name = `${wanted}-${number}`;
    if (!existsSync(name)) return name;
  }
}

function detailsText(details: NewEvent['details']): string {
  const text = JSON.stringify(details);
  return text.length <= DETAILS_LENGTH_MAX ? text : JSON.stringify({ omitted: 'too long' });
}

function eventOf(row: Record<string, unknown>): StoredEvent {
  return {
    id: Number(row['id']),
    at: new Date(Number(row['at_ms'])).toISOString(),
    server: row['server'] === 'secondary' ? 'secondary' : 'primary',
    level: row['level'] === 'error' || row['level'] === 'warning' ? row['level'] : 'information',
    code: typeof row['code'] === 'string' ? row['code'] : null,
    text: String(row['text']),
    item: typeof row['item'] === 'string' ? row['item'] : null,
    details: detailsOf(String(row['details'])),
  };
}

function detailsOf(text: string): StoredEvent['details'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as StoredEvent['details']) : {};
  } catch {
    // Only somebody who edits the file brings that about; the event's text still counts.
    return {};
  }
}
