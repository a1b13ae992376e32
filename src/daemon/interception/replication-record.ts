import type { ReplicationStatus } from '../../api/status.ts';
import { REPLICATION } from '../../api/status-schema.ts';
import { FileError } from '../../kernel/files.ts';
import type { FindingBoard } from '../status/finding-board.ts';

/** What the findings about it are about. */
const ITEM = 'replication.json';

export interface RecordFile {
  read(): string | null;
  /** Durable on return. @throws FileError */
  write(text: string): void;
}

/**
 * What flushes wait for, and since when, so that after a crash it is known whether all of them are on the passive
 * server. The active server's is durable before the first flush is answered otherwise; the passive one keeps what it
 * was told last.
 */
export class ReplicationRecord {
  readonly #file: RecordFile;
  readonly #findings: Pick<FindingBoard, 'raise' | 'clear'>;
  #last: ReplicationStatus | null;

  constructor(file: RecordFile, findings: Pick<FindingBoard, 'raise' | 'clear'>) {
    this.#file = file;
    this.#findings = findings;
    this.#last = this.#load();
  }

  /** Null where there is none, or it can't be read: nothing is known then. */
  get last(): ReplicationStatus | null {
    return this.#last;
  }

  /** Where it can't be written, that is told, and what was decided holds all the same. */
  save(status: ReplicationStatus): void {
    this.#last = status;
    try {
      this.#file.write(`${JSON.stringify(status, null, 2)}\n`);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      const parameters = { what: 'what flushes wait for', reason: `${error.call} gave ${error.code}` };
      this.#findings.raise({ code: error.isNoSpace ? 'SYS-010' : 'SYS-011', parameters }, { item: ITEM });
      return;
    }
    for (const code of ['SYS-010', 'SYS-011'] as const) this.#findings.clear(code, ITEM);
  }

  #load(): ReplicationStatus | null {
    try {
      const text = this.#file.read();
      if (text === null) return null;
      const parsed = REPLICATION.safeParse(JSON.parse(text));
      return parsed.success ? parsed.data : null;
    } catch (error) {
      if (error instanceof FileError || error instanceof SyntaxError) return null;
      throw error;
    }
  }
}
