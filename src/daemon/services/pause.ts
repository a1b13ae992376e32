import { formatMoment } from '../../kernel/moment-text.ts';
import type { PauseStatus } from '../../api/services.ts';
import type { Cancel, Clock, Timers } from '../../kernel/clock.ts';
import { FileError } from '../../kernel/files.ts';
import { isProblem, Problem } from '../../problems/problem.ts';
import type { EventHistory } from '../status/event-history.ts';
import type { FindingBoard } from '../status/finding-board.ts';

/** Where a pause is written down, so that it outlives the daemon. @throws FileError */
export interface PauseFile {
  read(): string | null;
  /** Durable on return. */
  write(text: string): void;
  remove(): void;
}

interface Kept {
  readonly reason: string;
  /** By the wall clock: nothing else goes on across a start of the machine. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

interface PauseOptions {
  readonly file: PauseFile;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly findings: Pick<FindingBoard, 'raise' | 'clear'>;
  readonly history: Pick<EventHistory, 'own'>;
  /** Told when it begins and when it ends. */
  readonly changed: () => void;
}

/** Maintenance: while it lasts nothing is started, stopped or restarted on this server. It always has an end. */
export class Pause {
  readonly #options: PauseOptions;
  #kept: Kept | null = null;
  #cancel: Cancel = () => {};

  constructor(options: PauseOptions) {
    this.#options = options;
    const kept = this.#read();
    if (kept !== null) this.#last(kept);
  }

  get status(): PauseStatus | null {
    if (this.#kept === null) return null;
    const { reason, sinceMs, untilMs } = this.#kept;
    return { reason, since: new Date(sinceMs).toISOString(), until: new Date(untilMs).toISOString() };
  }

  get isOn(): boolean {
    return this.#kept !== null;
  }

  /** One that lasts gets another reason and end. @throws Problem SVC-014 where it can't be written down. */
  begin(reason: string, forMs: number): void {
    const isRenewed = this.#kept !== null;
    const sinceMs = this.#kept?.sinceMs ?? this.#options.clock.wallMs();
    const kept = { reason, sinceMs, untilMs: this.#options.clock.wallMs() + forMs };
    this.#do(() => this.#options.file.write(`${JSON.stringify(kept)}\n`));
    this.#last(kept);
    // That one begins is told with its finding.
    const text = `Services are paused until ${untilText(kept)}: ${reason}`;
    if (isRenewed) this.#options.history.own({ level: 'warning', text });
    this.#options.changed();
  }

  /** @returns whether there was one. @throws Problem SVC-014 */
  end(why: string): boolean {
    if (this.#kept === null) return false;
    this.#do(() => this.#options.file.remove());
    this.#over(why);
    return true;
  }

  /** It goes on after the daemon, and is found by the next one. */
  stop(): void {
    this.#cancel();
  }

  #last(kept: Kept): void {
    const { clock, timers, findings } = this.#options;
    this.#cancel();
    this.#kept = kept;
    const until = untilText(kept);
    findings.raise({ code: 'SVC-020', parameters: { until, reason: kept.reason } });
    this.#cancel = timers.after(Math.max(0, kept.untilMs - clock.wallMs()), () => this.#timeIsOver());
  }

  /** Also where that can't be written down: by what is written there, the next daemon knows it, too. */
  #timeIsOver(): void {
    const why = 'its time is over';
    try {
      this.end(why);
    } catch (error) {
      if (!isProblem(error)) throw error;
      this.#over(why);
    }
  }

  #over(why: string): void {
    this.#cancel();
    this.#kept = null;
    // Why is told with the end of its finding.
    this.#options.findings.clear('SVC-020', null, `Services are not paused any more: ${why}`);
    this.#options.changed();
  }

  #read(): Kept | null {
    try {
      const text = this.#options.file.read();
      if (text === null) return null;
      const kept = JSON.parse(text) as Partial<Kept> | null;
      const { reason, sinceMs, untilMs } = kept ?? {};
      if (typeof reason !== 'string' || typeof sinceMs !== 'number' || typeof untilMs !== 'number') return null;
      return { reason, sinceMs, untilMs };
    } catch (error) {
      // Nobody who reads it could say when it ends.
      if (error instanceof FileError || error instanceof SyntaxError) return null;
      throw error;
    }
  }

  #do(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof FileError) throw new Problem('SVC-014', { reason: error.message }, { cause: error });
      throw error;
    }
  }
}

function untilText({ untilMs }: Kept): string {
  return formatMoment(new Date(untilMs).toISOString());
}
