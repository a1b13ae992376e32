import type { Role } from '../../api/status.ts';
import type { Cancel, Clock, Timers } from '../../kernel/clock.ts';
import { FileError } from '../../kernel/files.ts';
import type { Log } from '../../kernel/log.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { isProblem, type ProblemCode, type ProblemData, toData } from '../../problems/problem.ts';
import type { FindingBoard } from '../status/finding-board.ts';
import type { PairFacts } from '../settings/pair-facts.ts';
import type { ActiveReport, PassiveReport } from '../status/side-report.ts';
import type { StreamThread } from './stream-thread.ts';
import type { ToStream } from './thread-messages.ts';

/** A stream worker that failed is started again after this long. */
const RESTART_MS = 2000;
/** One that ran for so long is taken to be well again: the findings of a fault that comes and comes stand meanwhile. */
const STEADY_MS = 4000;
/** What a finding about the kept epoch is about. */
const EPOCH = 'epoch';

export interface KeeperOptions {
  readonly role: Role;
  readonly facts: PairFacts;
  readonly timers: Timers;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
  readonly findings: FindingBoard;
  /** What has to be so before a worker starts, and is undone before the last one ends. */
  readonly mounts: {
    prepare(): Promise<void>;
    release(): Promise<void>;
    /** @returns false where what is protected now takes another {@link prepare}. */
    guardAnew(): boolean;
    /** Another worker is to be started in place of this one: there is more to prepare. */
    onMore(again: () => void): void;
  };
  readonly begin: (epoch: number) => StreamThread;
  /** Gives it its line to the channel. */
  readonly connect: (thread: StreamThread) => void;
  readonly tellFacts: () => void;
  /** A worker ended, or is about to: what it was asked for is not answered any more. */
  readonly onGone: () => void;
}

/** The life of the stream worker: one at a time, started again when it fails, with an epoch of its own on the active server. */
export class StreamKeeper {
  readonly #options: KeeperOptions;
  #thread: StreamThread | null = null;
  #report: ActiveReport | PassiveReport | null = null;
  #heardAt: MonotonicMs | null = null;
  #hasFailed = false;
  #failedOn: ProblemCode | null = null;
  #cancelSteady: Cancel | null = null;
  #isStopping = false;
  #prepared = Promise.resolve();
  /** Of the worker before. */
  #ended = Promise.resolve();
  #cancelRestart: Cancel | null = null;

  constructor(options: KeeperOptions) {
    this.#options = options;
    options.mounts.onMore(() => void this.restart());
  }

  /** What the worker said last; null while there is none. */
  get report(): ActiveReport | PassiveReport | null {
    return this.#report;
  }

  /** When the worker was started, or said something last; null while there is none. */
  get heardAt(): MonotonicMs | null {
    return this.#thread === null ? null : this.#heardAt;
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** @returns false when no worker is there to take it. */
  post(message: ToStream): boolean {
    return this.#thread?.post(message) ?? false;
  }

  /** What is protected has changed, and the worker goes on. @returns false where it can't. */
  guardAnew(): boolean {
    return this.#options.mounts.guardAnew();
  }

  start(): void {
    const { facts, role } = this.#options;
    // Watching can't prove that nothing was missed while nobody watched: each start is an epoch of its own.
    if (role === 'active' && !this.#keepEpoch(facts.epoch + 1)) return this.#later(() => this.start());
    this.#options.tellFacts();
    void this.#prepare().then(() => this.#begin());
  }

  /** The one after the other: while folders are being mounted over, a stop or another start waits. */
  #prepare(): Promise<void> {
    this.#prepared = this.#prepared.then(() => this.#options.mounts.prepare());
    return this.#prepared;
  }

  #begin(): void {
    if (this.#isStopping || this.#thread !== null) return;
    try {
      this.#thread = this.#options.begin(this.#options.facts.epoch);
    } catch (error) {
      if (!isProblem(error) && !(error instanceof FileError)) throw error;
      return this.#stopped({ problem: isProblem(error) ? toData(error) : null, text: error.message });
    }
    this.#heardAt = this.#options.clock.monotonicMs();
    this.#options.connect(this.#thread);
  }

  reported(report: ActiveReport | PassiveReport): void {
    this.#report = report;
    this.#heardAt = this.#options.clock.monotonicMs();
    if (!this.#hasFailed) return;
    this.#hasFailed = false;
    this.#cancelSteady?.();
    this.#cancelSteady = this.#options.timers.after(STEADY_MS, () => this.#over());
  }

  #over(): void {
    this.#options.findings.clear('DMN-003');
    if (this.#failedOn !== null) this.#options.findings.clear(this.#failedOn);
    this.#failedOn = null;
  }

  /** Ends the worker and starts another one, with other settings. */
  async restart(): Promise<void> {
    const before = this.#thread;
    if (before === null) return;
    this.#options.onGone();
    this.#thread = null;
    this.#report = null;
    this.#ended = before.stop();
    await this.#ended;
    if (!this.#isStopping) this.start();
  }

  /** @param failure.problem - what it failed on, where that has a code. */
  failed(failure: { readonly problem: ProblemData | null; readonly text: string }): void {
    this.#options.onGone();
    if (!this.#isStopping && this.#thread !== null) this.#stopped(failure);
  }

  /** The active server needs an epoch above this one, durable before it is used. */
  newEpoch(above: number): void {
    const { facts } = this.#options;
    if (!this.#keepEpoch(Math.max(facts.epoch, above) + 1)) return this.#later(() => this.newEpoch(above));
    this.#options.tellFacts();
    this.post({ kind: 'epoch', epoch: facts.epoch });
  }

  /** The other server told of this epoch: the highest one seen is kept for good, whoever was active in it. */
  sawEpoch(epoch: number): void {
    if (epoch > this.#options.facts.epoch) this.#keepEpoch(epoch);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancelRestart?.();
    this.#cancelSteady?.();
    await this.#prepared;
    // One that was to be followed by another works under the mounts until it has ended.
    await this.#ended;
    // What is done until then is still replicated; on the passive server the worker works under the mounts.
    if (this.#options.role === 'active') await this.#options.mounts.release();
    await this.#thread?.stop();
    this.#thread = null;
    if (this.#options.role === 'passive') await this.#options.mounts.release();
  }

  /** @returns false where it can't be written: it may not be used yet. */
  #keepEpoch(epoch: number): boolean {
    const { facts, findings } = this.#options;
    try {
      facts.setEpoch(epoch);
    } catch (error) {
      // Told by who looks at the file all the time.
      if (isProblem(error, 'IDN-004')) return false;
      if (!(error instanceof FileError)) throw error;
      const [raised, other] = error.isNoSpace ? (['SYS-010', 'SYS-011'] as const) : (['SYS-011', 'SYS-010'] as const);
      const parameters = { what: 'the epoch of the pair', reason: `${error.call} gave ${error.code}` };
      findings.clear(other, EPOCH);
      findings.raise({ code: raised, parameters }, { item: EPOCH });
      return false;
    }
    for (const code of ['SYS-010', 'SYS-011'] as const) findings.clear(code, EPOCH);
    return true;
  }

  #later(action: () => void): void {
    this.#cancelRestart?.();
    this.#cancelRestart = this.#options.timers.after(RESTART_MS, () => {
      if (!this.#isStopping) action();
    });
  }

  /** There is no worker: why is told, and another one is started a little later. */
  #stopped({ problem, text }: { readonly problem: ProblemData | null; readonly text: string }): void {
    const reason = problem === null ? text : `${text} (${problem.code})`;
    this.#hasFailed = true;
    this.#thread = null;
    this.#report = null;
    this.#options.log.error('the stream worker failed', { code: 'DMN-003', reason });
    this.#options.findings.raise({ code: 'DMN-003', parameters: { reason } });
    this.#cancelSteady?.();
    if (this.#failedOn !== null && this.#failedOn !== problem?.code) this.#options.findings.clear(this.#failedOn);
    this.#failedOn = problem?.code ?? null;
    // Told as what it is, too: somebody has to mend a disk.
    if (problem !== null) this.#options.findings.raise(problem);
    this.#later(() => this.start());
  }
}
