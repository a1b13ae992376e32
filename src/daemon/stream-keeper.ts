import type { Role } from '../api/status.ts';
import type { Cancel, Timers } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { FindingBoard } from './finding-board.ts';
import type { PairFacts } from './pair-facts.ts';
import type { ActiveReport, PassiveReport } from './side-report.ts';
import type { StreamThread } from './stream-thread.ts';
import type { ToStream } from './thread-messages.ts';

/** A stream worker that failed is started again after this long. */
const RESTART_MS = 2000;

export interface KeeperOptions {
  readonly role: Role;
  readonly facts: PairFacts;
  readonly timers: Timers;
  readonly log: Log;
  readonly findings: FindingBoard;
  readonly begin: (epoch: number) => StreamThread;
  /** Gives it its line to the channel. */
  readonly connect: (thread: StreamThread) => void;
  readonly tellFacts: () => void;
}

/** The life of the stream worker: one at a time, started again when it fails, with an epoch of its own on the active server. */
export class StreamKeeper {
  readonly #options: KeeperOptions;
  #thread: StreamThread | null = null;
  #report: ActiveReport | PassiveReport | null = null;
  #hasFailed = false;
  #isStopping = false;
  #cancelRestart: Cancel | null = null;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** What the worker said last; null while there is none. */
  get report(): ActiveReport | PassiveReport | null {
    return this.#report;
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** @returns false when no worker is there to take it. */
  post(message: ToStream): boolean {
    return this.#thread?.post(message) ?? false;
  }

  start(): void {
    const { facts, role } = this.#options;
    // Watching can't prove that nothing was missed while nobody watched: each start is an epoch of its own.
    if (role === 'active') facts.setEpoch(facts.epoch + 1);
    this.#options.tellFacts();
    this.#thread = this.#options.begin(facts.epoch);
    this.#options.connect(this.#thread);
  }

  reported(report: ActiveReport | PassiveReport): void {
    this.#report = report;
    if (!this.#hasFailed) return;
    this.#hasFailed = false;
    this.#options.findings.clear('DMN-003');
  }

  /** Ends the worker and starts another one, with other settings. */
  async restart(): Promise<void> {
    const before = this.#thread;
    if (before === null) return;
    this.#thread = null;
    this.#report = null;
    await before.stop();
    if (!this.#isStopping) this.start();
  }

  failed(reason: string): void {
    if (this.#isStopping || this.#thread === null) return;
    this.#hasFailed = true;
    this.#thread = null;
    this.#report = null;
    this.#options.log.error('the stream worker failed', { code: 'DMN-003', reason });
    this.#options.findings.raise({ code: 'DMN-003', parameters: { reason } });
    this.#cancelRestart = this.#options.timers.after(RESTART_MS, () => this.start());
  }

  /** The active server needs an epoch above this one, durable before it is used. */
  newEpoch(above: number): void {
    const { facts } = this.#options;
    facts.setEpoch(Math.max(facts.epoch, above) + 1);
    this.#options.tellFacts();
    this.post({ kind: 'epoch', epoch: facts.epoch });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancelRestart?.();
    await this.#thread?.stop();
    this.#thread = null;
  }
}
