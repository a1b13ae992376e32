import type { SnapshotStatus } from '../../api/services.ts';
import type { Identity, Role } from '../../api/status.ts';
import { DailyDue } from '../../check/daily-due.ts';
import type { Cancel, Clock, Timers } from '../../kernel/clock.ts';
import { FileError } from '../../kernel/files.ts';
import { failureOf, lastLinesOf } from '../../kernel/program-words.ts';
import type { Programs } from '../../kernel/programs.ts';
import { Problem } from '../../problems/problem.ts';
import type { PairSettings } from '../../settings/settings.ts';
import type { EventHistory } from '../status/event-history.ts';
import type { FindingBoard } from '../status/finding-board.ts';
import { type SnapshotFile, SnapshotRecord } from './snapshot-record.ts';
import type { Standing, StillCopy } from './still-copy.ts';

/** How exactly the times of day are kept. */
const TICK_MS = 5_000;
/** A copy that is one moment of the active server's is waited for so long. */
const POSITION_MS = 30_000;
/** Apply stands still a little longer than the command may take. */
const HOLD_SLACK_MS = 10_000;
const LINES_SHOWN = 10;

export interface SnapshotsOptions {
  readonly identity: Identity;
  readonly role: Role;
  readonly pairFile: { readonly settings: PairSettings };
  readonly snapshotFile: SnapshotFile;
  readonly still: Pick<StillCopy, 'begin' | 'end'>;
  /** Is any folder intercepted, so that the copy can be one moment of the active server's? */
  readonly isOrdered: () => boolean;
  readonly programs: Programs;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly findings: Pick<FindingBoard, 'raise' | 'clear'>;
  readonly history: Pick<EventHistory, 'own'>;
}

/** Has snapshots of the passive server's copy taken, at positions where it is one moment of the active server's. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #record: SnapshotRecord;
  #due: readonly DailyDue[] = [];
  #isTaking = false;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#record = new SnapshotRecord(options.snapshotFile);
  }

  /** Has them taken at the times of day that are set. @returns what ends that. */
  start(): Cancel {
    this.look();
    return this.#options.timers.every(TICK_MS, () => this.look());
  }

  /** Of this server, newest first. */
  get all(): readonly SnapshotStatus[] {
    return this.#record.all;
  }

  /** Takes what is due. */
  look(): void {
    const { clock, role, findings } = this.#options;
    if (role !== 'passive') return;
    const { schedule, command } = this.#settings;
    // Where none are taken any more, no other one tells that the last one's failure is over.
    if (command === null) for (const code of ['SVC-050', 'SVC-051'] as const) findings.clear(code);
    const moment = { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
    this.#due = schedule.map((time) => this.#due.find((one) => one.time === time) ?? new DailyDue(time, moment));
    // Each is asked: none may stay due.
    const isDue = this.#due.map((one) => one.take(moment)).includes(true);
    if (isDue && command !== null && !this.#isTaking) void this.#take(command);
  }

  /** Begins one now. @throws Problem SVC-052 where none can be. */
  begin(): void {
    const { command } = this.#settings;
    if (this.#options.role !== 'passive') throw new Problem('SVC-052', { reason: 'this is not the passive server' });
    if (command === null) throw new Problem('SVC-052', { reason: 'snapshots.command is not set' });
    if (this.#isTaking) throw new Problem('SVC-052', { reason: 'one is being taken' });
    void this.#take(command);
  }

  get #settings(): PairSettings['snapshots'] {
    return this.#options.pairFile.settings.snapshots;
  }

  /** What goes wrong is told. */
  async #take(command: readonly string[]): Promise<void> {
    const { still, isOrdered } = this.#options;
    const [ordered, { timeoutMs }] = [isOrdered(), this.#settings];
    this.#isTaking = true;
    try {
      const request = { isOrdered: ordered, waitMs: POSITION_MS, holdMs: timeoutMs + HOLD_SLACK_MS };
      const standing = await still.begin(request);
      if (standing === null) this.#failed('replication does not come to a place to stand still', []);
      else await this.#takeThere(command, standing, ordered);
    } finally {
      this.#isTaking = false;
    }
  }

  async #takeThere(command: readonly string[], standing: Standing, isOrdered: boolean): Promise<void> {
    const { still, clock, programs } = this.#options;
    const { timeoutMs } = this.#settings;
    const [at, begunMs] = [new Date(clock.wallMs()).toISOString(), clock.monotonicMs()];
    const environment = this.#environmentOf(standing, isOrdered);
    const end = await programs.run(command, { timeoutMs, environment, keeps: 'end' });
    const durationMs = Math.round(clock.monotonicMs() - begunMs);
    const isGood = (await still.end(standing)) && standing.isGood;
    const { position } = standing;
    const failure = failureOf(end);
    this.#keep({ at, position, consistent: isGood && isOrdered, durationMs, failure });
    if (failure === null) this.#done(position, isOrdered && !isGood);
    else this.#failed(failure, lastLinesOf(end, LINES_SHOWN));
  }

  #environmentOf({ position, isGood }: Standing, isOrdered: boolean): Readonly<Record<string, string>> {
    const { identity, role, pairFile } = this.#options;
    return {
      UNDERSTUDY_PAIR: pairFile.settings.pair,
      UNDERSTUDY_IDENTITY: identity,
      UNDERSTUDY_ROLE: role,
      UNDERSTUDY_EPOCH: String(position.epoch),
      UNDERSTUDY_SEQUENCE: String(position.sequence),
      UNDERSTUDY_CONSISTENT: String(isGood && isOrdered),
    };
  }

  #keep(snapshot: SnapshotStatus): void {
    try {
      this.#record.add(snapshot);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#options.history.own({ level: 'warning', text: `A snapshot could not be written down: ${error.message}` });
    }
  }

  #done({ epoch, sequence }: SnapshotStatus['position'], isMixed: boolean): void {
    const { findings, history } = this.#options;
    findings.clear('SVC-050');
    const place = `${String(epoch)}:${String(sequence)}`;
    if (isMixed) findings.raise({ code: 'SVC-051', parameters: { position: place } });
    else findings.clear('SVC-051');
    history.own({ level: 'information', text: `A snapshot was taken at the position ${place}` });
  }

  #failed(reason: string, evidence: readonly string[]): void {
    this.#options.findings.raise({ code: 'SVC-050', parameters: { reason } }, { evidence });
  }
}
