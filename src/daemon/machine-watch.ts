import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { Descriptors, MachineHealth, MemoryPressure, PendingCall } from '../kernel/machine-health.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import type { FindingBoard } from './status/finding-board.ts';

const LOOK_EVERY_MS = 500;
/** A call of the kernel that has not returned for so long is told; a disk that works answers within a second. */
const HUNG_MS = 3500;
/** What the main thread has done beside the others, for a checkpoint of the passive server alone. */
const CHECKPOINT_CALL = 'syncfs';
/** More are the same news. */
const HUNG_CALLS_MAX = 8;
/** A thread that gave no sign of life for so long may be in such a call. It does so every second. */
const SILENT_MS = 2500;
/** Between two looks: more than any load explains. */
const STOPPED_MS = 5000;
/** The clock is set in steps; what keeps it right moves it far less at a time. */
const CLOCK_STEP_MS = 1000;
/** What happened once is shown for so long. */
const SHOWN_MS = 60_000;
/** Of the descriptors there may be; told from the first on, over below the second. */
const DESCRIPTORS_WARN = 0.9;
const DESCRIPTORS_CALM = 0.8;
/** Of the time, in percent; told from the first on, over below the second. */
const PRESSURE_WARN = 20;
const PRESSURE_CALM = 5;
/** Of so much time: short enough to be told within a few seconds, long enough that one bad moment is no news. */
const PRESSURE_LOOKS = 8;

export interface MachineWatchOptions {
  readonly health: MachineHealth;
  readonly clock: Clock;
  readonly findings: Pick<FindingBoard, 'raise' | 'clear' | 'clearAll'>;
  /** Told when the wall clock does not show what it would if it had only gone on. */
  readonly checks: { clockWasSet(): void };
  /** When the thread that works with the files last said how it stands; null while there is none. */
  readonly stream: { readonly heardAt: MonotonicMs | null };
}

/** Two clocks and what the process did, as of one look. */
interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
  readonly bootMs: number | null;
  readonly processorMs: number;
}

/**
 * What the machine does to this daemon: calls that hang, a process that was stopped, a clock that was set,
 * descriptors and memory that run out. Looked at from the main thread, which works with no protected file.
 */
export class MachineWatch {
  readonly #options: MachineWatchOptions;
  #before: Moment | null = null;
  #hung: readonly PendingCall[] = [];
  readonly #told = new Set<string>();
  #isShortOfDescriptors = false;
  #isMachineShort = false;
  /** The last looks at memory, oldest first. */
  #pressures: readonly { readonly atMs: number; readonly waitedMs: number }[] = [];
  #isShortOfMemory = false;
  #stoppedUntil: number | null = null;
  #setUntil: number | null = null;
  #isSilent = false;

  constructor(options: MachineWatchOptions) {
    this.#options = options;
  }

  /** Looks now and then, until cancelled. */
  start(timers: Timers): Cancel {
    this.look();
    return timers.every(LOOK_EVERY_MS, () => this.look());
  }

  /**
   * Does a store not answer that replication needs? Where the thread that works with the files waits for a call, nothing
   * goes on. Where it is the sync of a checkpoint, beside that thread, all goes on but what is applied is not on the
   * disk for good, and the receive queue only grows.
   */
  get isHung(): boolean {
    return this.#hung.length > 0 && (this.#isSilent || this.#hung.some(({ call }) => call === CHECKPOINT_CALL));
  }

  look(): void {
    const { clock, health } = this.#options;
    const moment: Moment = {
      monotonicMs: clock.monotonicMs(),
      wallMs: clock.wallMs(),
      bootMs: health.sinceBootMs(),
      processorMs: health.processorMs(),
    };
    if (this.#before !== null) this.#compare(this.#before, moment);
    this.#before = moment;
    this.#forget(moment.monotonicMs);
    this.#lookAtCalls(moment.monotonicMs as MonotonicMs);
    this.#lookAtDescriptors(health.descriptors());
    this.#lookAtMachineDescriptors(health.machineDescriptors());
    this.#lookAtMemory(health.memoryPressure(), moment.monotonicMs);
  }

  #compare(before: Moment, now: Moment): void {
    const passedMs = now.monotonicMs - before.monotonicMs;
    // The monotonic clock stands still while the machine is suspended; since when it runs goes on.
    const bootMs = before.bootMs === null || now.bootMs === null ? passedMs : now.bootMs - before.bootMs;
    const suspendedMs = bootMs - passedMs >= CLOCK_STEP_MS ? bootMs - passedMs : 0;
    const goneMs = passedMs + suspendedMs;
    if (goneMs >= STOPPED_MS) this.#tellStopped(before, now, { goneMs, suspendedMs });
    const stepMs = now.wallMs - before.wallMs - goneMs;
    if (Math.abs(stepMs) >= CLOCK_STEP_MS) this.#tellStep(now, stepMs);
    // To timers a suspended machine is the same: they did not run meanwhile.
    if (Math.abs(stepMs) + suspendedMs >= CLOCK_STEP_MS) this.#options.checks.clockWasSet();
  }

  #tellStopped(before: Moment, now: Moment, gone: { goneMs: number; suspendedMs: number }): void {
    const usedMs = Math.round(now.processorMs - before.processorMs);
    const evidence = [
      `It ran until ${textOf(before.wallMs)} and again from ${textOf(now.wallMs)}, and used ${usedMs} ms of processor time meanwhile.`,
    ];
    if (gone.suspendedMs > 0) evidence.push(`The machine was suspended for ${seconds(gone.suspendedMs)} s.`);
    this.#stoppedUntil = now.monotonicMs + SHOWN_MS;
    this.#options.findings.raise({ code: 'DMN-010', parameters: { seconds: seconds(gone.goneMs) } }, { evidence });
  }

  #tellStep(now: Moment, stepMs: number): void {
    const parameters = { seconds: seconds(Math.abs(stepMs)), direction: stepMs > 0 ? 'forward' : 'back' };
    const evidence = [`It showed ${textOf(now.wallMs - stepMs)} and was set to ${textOf(now.wallMs)}.`];
    this.#setUntil = now.monotonicMs + SHOWN_MS;
    this.#options.findings.raise({ code: 'DMN-011', parameters }, { evidence });
  }

  #forget(nowMs: number): void {
    if (this.#stoppedUntil !== null && nowMs >= this.#stoppedUntil) {
      this.#stoppedUntil = null;
      this.#options.findings.clear('DMN-010');
    }
    if (this.#setUntil !== null && nowMs >= this.#setUntil) {
      this.#setUntil = null;
      this.#options.findings.clear('DMN-011');
    }
  }

  #lookAtCalls(now: MonotonicMs): void {
    const { health, findings, stream } = this.#options;
    const heard = stream.heardAt;
    this.#isSilent = heard !== null && now - heard >= SILENT_MS;
    const pending = health.pendingCalls(now, this.#isSilent);
    this.#hung = pending.filter(({ since }) => now - since >= HUNG_MS).slice(0, HUNG_CALLS_MAX);
    const paths = new Set(this.#hung.map(({ path }) => path));
    for (const path of this.#told) {
      if (paths.has(path)) continue;
      this.#told.delete(path);
      findings.clear('SYS-012', path);
    }
    for (const { call, path, since } of this.#hung) {
      if (this.#told.has(path)) continue;
      this.#told.add(path);
      const evidence = [`The call ${call} had not returned after ${seconds(now - since)} s.`];
      findings.raise({ code: 'SYS-012', parameters: { call, path } }, { item: path, evidence });
    }
  }

  #lookAtDescriptors(descriptors: Descriptors | null): void {
    if (descriptors === null) return;
    const isShort = runOut(descriptors, this.#isShortOfDescriptors);
    if (isShort === this.#isShortOfDescriptors) return;
    this.#isShortOfDescriptors = isShort;
    if (isShort) this.#options.findings.raise({ code: 'SYS-013', parameters: { ...descriptors } });
    else this.#options.findings.clear('SYS-013');
  }

  #lookAtMachineDescriptors(descriptors: Descriptors | null): void {
    if (descriptors === null) return;
    const isShort = runOut(descriptors, this.#isMachineShort);
    if (isShort === this.#isMachineShort) return;
    this.#isMachineShort = isShort;
    if (isShort) this.#options.findings.raise({ code: 'SYS-015', parameters: { ...descriptors } });
    else this.#options.findings.clear('SYS-015');
  }

  #lookAtMemory(pressure: MemoryPressure | null, atMs: number): void {
    if (pressure === null) return;
    const { waitedMs, source } = pressure;
    this.#pressures = [...this.#pressures.slice(-PRESSURE_LOOKS), { atMs, waitedMs }];
    const first = this.#pressures[0];
    if (first === undefined || this.#pressures.length <= PRESSURE_LOOKS) return;
    const percent = ((waitedMs - first.waitedMs) * 100) / (atMs - first.atMs);
    const isShort = percent >= (this.#isShortOfMemory ? PRESSURE_CALM : PRESSURE_WARN);
    if (isShort === this.#isShortOfMemory) return;
    this.#isShortOfMemory = isShort;
    const parameters = { percent: Math.round(percent) };
    if (isShort) this.#options.findings.raise({ code: 'SYS-014', parameters }, { evidence: [`${source} says so.`] });
    else this.#options.findings.clear('SYS-014');
  }
}

function runOut({ used, limit }: Descriptors, isShort: boolean): boolean {
  return used >= limit * (isShort ? DESCRIPTORS_CALM : DESCRIPTORS_WARN);
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function textOf(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
