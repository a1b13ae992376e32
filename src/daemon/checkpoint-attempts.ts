import type { Apply } from '../apply/apply.ts';
import type { Position } from '../changes/change.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { isProblem, type Problem, type ProblemCode, type ProblemData, toData } from '../problems/problem.ts';
import { CheckpointSchedule } from './checkpoint-schedule.ts';
import type { EngineOutlets } from './engine.ts';

/** What the disk refused is tried again after this long. */
const AGAIN_MS = 1000;
/** Nothing is lost by these: the queue keeps what it would be replayed from. */
const PASSING: readonly ProblemCode[] = ['SYS-010', 'SYS-011', 'APL-040'];
/** Told again by the new run where they last. */
const OF_FOLDER: readonly ProblemCode[] = ['APL-030', 'APL-041'];
/** It lasts beyond the next checkpoint: until everything was read from the disk. */
const UNPROVEN = 'APL-040';

/** Is it a refusal of a disk that is tried again, while Apply goes on? */
export function isPassing(error: unknown): error is Problem {
  return PASSING.some((code) => isProblem(error, code));
}

/**
 * The passive server's checkpoints: when one is due, and what it means that a disk refuses one. A sync that failed
 * is never made good by another one: what is on the disk is doubted until it was read from there.
 */
export class CheckpointAttempts {
  readonly schedule = new CheckpointSchedule();
  readonly #apply: Pick<Apply, 'checkpoint' | 'disk'>;
  readonly #outlets: Pick<EngineOutlets, 'toMain'>;
  readonly #now: () => MonotonicMs;
  /** The disk takes what is written again, but what it took before is in doubt. */
  readonly #onDoubt: () => void;
  #refused: ProblemCode | null = null;
  #isUnproven = false;

  constructor(options: {
    apply: Pick<Apply, 'checkpoint' | 'disk'>;
    outlets: Pick<EngineOutlets, 'toMain'>;
    now: () => MonotonicMs;
    onDoubt: () => void;
  }) {
    this.#apply = options.apply;
    this.#outlets = options.outlets;
    this.#now = options.now;
    this.#onDoubt = options.onDoubt;
  }

  /** What an earlier run of this worker told is over, but for what it left in doubt. */
  begin(folders: string): void {
    for (const code of [...PASSING, ...OF_FOLDER]) this.#outlets.toMain({ kind: 'clearedAll', code });
    if (!this.#apply.disk.unproven) return;
    this.#tell({ code: UNPROVEN, parameters: { path: folders, reason: 'its disk failed before the last start' } });
    this.#isUnproven = true;
    this.#onDoubt();
  }

  /** @returns false where a disk refuses: it is tried again a little later. */
  make(upTo: Position): boolean {
    try {
      this.#apply.checkpoint(upTo);
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.refused(error);
      return false;
    }
    if (this.#refused !== null && this.#refused !== UNPROVEN) this.#clear(this.#refused);
    // Only what is read after a sync that went well says what the disk holds.
    if (this.#refused !== null && this.#apply.disk.unproven) this.#onDoubt();
    this.#refused = null;
    this.schedule.made(this.#now());
    return true;
  }

  refused(problem: Problem): void {
    this.schedule.refused(this.#now(), AGAIN_MS);
    if (this.#refused !== null && this.#refused !== problem.code && this.#refused !== UNPROVEN)
      this.#clear(this.#refused);
    this.#refused = problem.code;
    if (problem.code === UNPROVEN) this.#isUnproven = true;
    this.#tell(toData(problem));
  }

  /** Tells that everything was read from the disk. To be called now and then. */
  step(): void {
    if (!this.#isUnproven || this.#apply.disk.unproven) return;
    this.#isUnproven = false;
    this.#clear(UNPROVEN);
  }

  #tell(problem: ProblemData): void {
    this.#outlets.toMain({ kind: 'problem', problem, item: null, evidence: [], action: null });
  }

  #clear(code: ProblemCode): void {
    this.#outlets.toMain({ kind: 'cleared', code, item: null });
  }
}
