/** What a column holds. Whole numbers beyond 2^53 are not stored. */
export type DatabaseValue = string | number | null | Uint8Array;

/** A statement that is run again and again. */
export interface DatabaseStatement {
  run(...values: readonly DatabaseValue[]): void;
  /** All rows, each an array of its columns. */
  rows(...values: readonly DatabaseValue[]): DatabaseValue[][];
  /** As {@link rows}, where they may be too many to hold: one after the other. */
  each(action: (row: DatabaseValue[]) => void): void;
}

/** A SQL database in one file, for one thread. Every call blocks. Failures are {@link DatabaseError}. */
export interface Database {
  execute(sql: string): void;
  prepare(sql: string): DatabaseStatement;
  /** All or nothing, durable on return. Not to be nested. */
  transaction(action: () => void): void;
  close(): void;
}

export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  /** There is no space for what was to be written; nothing was changed. */
  readonly isNoSpace: boolean;
  /** The disk or its file system refused: that says nothing about what is in the database. */
  readonly isRefused: boolean;

  constructor(message: string, options: { cause?: unknown; isNoSpace?: boolean; isRefused?: boolean } = {}) {
    super(message, options);
    this.isNoSpace = options.isNoSpace ?? false;
    this.isRefused = options.isRefused ?? false;
  }
}
