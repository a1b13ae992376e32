import type { CheckpointSteps } from '../apply/checkpoint-steps.ts';
import { comparePositions, type Position } from '../changes/change.ts';
import { FileError } from '../kernel/files.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { isProblem, toData } from '../problems/problem.ts';
import { CheckpointSchedule } from './checkpoint-schedule.ts';
import type { EngineOutlets } from './engine.ts';
import type { ReceiveQueue } from './receive-queue.ts';

/** What found no space is tried again after this long. */
const NO_SPACE_MS = 1000;
/** Nothing is due; the next look, if nothing happens. */
const NOTHING_DUE_MS = 1000;

interface Syncing {
  readonly number: number;
  readonly position: Position;
}

/**
 * Makes the passive server's checkpoints. One that is due happens beside Apply: the main thread has the file
 * systems synced, which takes as long as it takes, and answers; then the record is written. Where Apply can't
 * go on without it, it is made at once.
 */
export class CheckpointKeeper {
  readonly schedule = new CheckpointSchedule();
  readonly #steps: CheckpointSteps;
  readonly #queue: ReceiveQueue;
  readonly #outlets: EngineOutlets;
  readonly #now: () => MonotonicMs;
  #position: Position;
  #syncing: Syncing | null = null;
  #asked = 0;

  constructor(options: {
    readonly steps: CheckpointSteps;
    readonly queue: ReceiveQueue;
    readonly outlets: EngineOutlets;
    readonly now: () => MonotonicMs;
    /** Of the last one. */
    readonly position: Position;
  }) {
    this.#steps = options.steps;
    this.#queue = options.queue;
    this.#outlets = options.outlets;
    this.#now = options.now;
    this.#position = options.position;
  }

  /** Everything up to here is applied and on disk for good. */
  get position(): Position {
    return this.#position;
  }

  /** Did the last one find no space? */
  get isRefused(): boolean {
    return this.schedule.isRefused;
  }

  /**
   * Begins one if it is due.
   * @returns milliseconds until it wants to be asked again.
   */
  step(now: MonotonicMs, applied: Position): number {
    if (this.#syncing !== null) return NOTHING_DUE_MS;
    if (comparePositions(this.#position, applied) === 0 && !this.#steps.hasUnsaved) return NOTHING_DUE_MS;
    const dueInMs = this.schedule.dueInMs(now);
    if (dueInMs > 0) return dueInMs;
    this.#begin(applied);
    return NOTHING_DUE_MS;
  }

  /** The main thread's answer to one that was begun. @param failure - code of what syncfs(2) said. @throws FileError for that. */
  synced(number: number, failure: string | null): void {
    const syncing = this.#syncing;
    // It was overtaken by one that was made at once.
    if (syncing?.number !== number) return;
    this.#syncing = null;
    if (failure !== null) {
      this.#steps.giveUp();
      throw new FileError({ code: failure, call: 'syncfs', path: 'a protected folder' });
    }
    this.#made(syncing.position, () => this.#steps.finish());
  }

  /** Makes one at once. Where there is no space for the record of it, Apply goes on, and the queue keeps what it would be replayed from. */
  make(applied: Position): void {
    this.#syncing = null;
    this.#prepare();
    this.#made(applied, () => this.#steps.make(applied));
  }

  /** The stream begins anew there. @throws Problem SYS-010 where there is no space for that. */
  startAt(position: Position): void {
    this.#syncing = null;
    // In this order: a queue that began anew behind an older checkpoint would look as if it had lost records.
    this.#steps.make(position);
    this.#queue.reset(position);
    this.#position = position;
  }

  #begin(applied: Position): void {
    this.#prepare();
    this.#asked += 1;
    const descriptors = this.#steps.begin(applied);
    this.#syncing = { number: this.#asked, position: applied };
    this.#outlets.toMain({ kind: 'syncWanted', number: this.#asked, descriptors });
  }

  /** What a checkpoint says is applied must be in the queue, whatever happens to the power. */
  #prepare(): void {
    const now = this.#now();
    if (this.#queue.sync()) this.schedule.worked(now);
    this.schedule.begun(now);
  }

  #made(position: Position, write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!isProblem(error, 'SYS-010')) throw error;
      this.schedule.refused(this.#now(), NO_SPACE_MS);
      this.#outlets.toMain({ kind: 'problem', problem: toData(error), item: null, evidence: [], action: null });
      return;
    }
    if (this.isRefused) this.#outlets.toMain({ kind: 'cleared', code: 'SYS-010', item: null });
    this.#position = position;
    this.schedule.made();
    this.#queue.trim(position);
  }
}
