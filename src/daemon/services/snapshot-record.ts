import type { SnapshotStatus } from '../../api/services.ts';
import { FileError } from '../../kernel/files.ts';

/** The newest ones are kept. */
const KEPT = 100;

/** Where the snapshots that were taken are written down. @throws FileError */
export interface SnapshotFile {
  read(): string | null;
  /** Durable on return. */
  write(text: string): void;
}

/** The snapshots that were taken on this server, newest first. */
export class SnapshotRecord {
  readonly #file: SnapshotFile;
  #kept: readonly SnapshotStatus[];

  constructor(file: SnapshotFile) {
    this.#file = file;
    this.#kept = this.#read();
  }

  get all(): readonly SnapshotStatus[] {
    return this.#kept;
  }

  /** @throws FileError where it can't be written down; it is known all the same. */
  add(snapshot: SnapshotStatus): void {
    this.#kept = [snapshot, ...this.#kept].slice(0, KEPT);
    this.#file.write(`${JSON.stringify(this.#kept, null, 2)}\n`);
  }

  /** What can't be read is as if it were not there: the snapshots themselves are not ours. */
  #read(): readonly SnapshotStatus[] {
    try {
      const kept: unknown = JSON.parse(this.#file.read() ?? '[]');
      return Array.isArray(kept) ? (kept as SnapshotStatus[]).slice(0, KEPT) : [];
    } catch (error) {
      if (error instanceof FileError || error instanceof SyntaxError) return [];
      throw error;
    }
  }
}
