import type { CheckpointSteps } from '../../apply/checkpoint-steps.ts';
import { comparePositions, type Position } from '../../changes/change.ts';
import { FileError } from '../../kernel/files.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { Problem } from '../../problems/problem.ts';
import { CheckpointRefusals, isPassing } from './checkpoint-refusals.ts';
import { CheckpointSchedule } from './checkpoint-schedule.ts';
import type { EngineOutlets } from '../stream/engine.ts';
import type { ReceiveQueue } from './receive-queue.ts';

/** What was refused is tried again after this long. */
const AGAIN_MS = 1000;
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
  readonly refusals: CheckpointRefusals;
  readonly #steps: CheckpointSteps;
  readonly #queue: ReceiveQueue;
  readonly #outlets: EngineOutlets;
  readonly #now: () => MonotonicMs;
  readonly #isComplete: () => boolean;
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
    /** Is nothing else awaited? Asked only where there is something to save. */
    readonly isComplete: () => boolean;
    /** What is on the disk is in doubt. */
    readonly onDoubt: () => void;
  }) {
    this.#steps = options.steps;
    this.#queue = options.queue;
    this.#outlets = options.outlets;
    this.#now = options.now;
    this.#isComplete = options.isComplete;
    this.#position = options.position;
    const { outlets, onDoubt } = options;
    this.refusals = new CheckpointRefusals({ disk: options.steps.disk, outlets, onDoubt });
  }

  /** Everything up to here is applied and on disk for good. */
  get position(): Position {
    return this.#position;
  }

  /** Did a disk refuse the last one? */
  get isRefused(): boolean {
    return this.schedule.isRefused;
  }

  /**
   * Begins one if it is due.
   * @returns milliseconds until it wants to be asked again.
   */
  step(now: MonotonicMs, applied: Position): number {
    this.refusals.step();
    if (this.#syncing !== null) return NOTHING_DUE_MS;
    if (comparePositions(this.#position, applied) === 0 && !this.#steps.hasUnsaved) return NOTHING_DUE_MS;
    const dueInMs = this.schedule.dueInMs(now, this.#isComplete());
    if (dueInMs > 0) return dueInMs;
    this.#begin(applied);
    return NOTHING_DUE_MS;
  }

  /** The main thread's answer to one that was begun. @param failure - code of what syncfs(2) said. */
  synced(number: number, failure: string | null): void {
    const syncing = this.#syncing;
    // It was overtaken by one that was made at once.
    if (syncing?.number !== number) return;
    this.#syncing = null;
    if (failure !== null) {
      const error = new FileError({ code: failure, call: 'syncfs', path: 'a protected folder' });
      return this.#made(syncing.position, () => {
        throw this.#steps.unsynced(error);
      });
    }
    this.#made(syncing.position, () => this.#steps.finish());
  }

  /**
   * Makes one at once. Where a disk refuses, Apply goes on, and the queue keeps what it would be replayed from.
   * @returns false where one did.
   */
  make(applied: Position): boolean {
    this.#syncing = null;
    this.#prepare();
    this.#made(applied, () => this.#steps.make(applied));
    return !this.isRefused;
  }

  /** The stream begins anew there. @throws Problem SYS-010, SYS-011, APL-040 where a disk refuses that. */
  startAt(position: Position): void {
    this.#syncing = null;
    // In this order: a queue that began anew behind an older checkpoint would look as if it had lost records.
    this.#steps.make(position);
    this.#queue.reset(position);
    this.#position = position;
  }

  refused(problem: Problem): void {
    this.schedule.refused(this.#now(), AGAIN_MS);
    this.refusals.refused(problem);
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
      if (!isPassing(error)) throw error;
      this.refused(error);
      return;
    }
    this.refusals.made();
    this.#position = position;
    this.schedule.made();
    this.#queue.trim(position);
  }
}
