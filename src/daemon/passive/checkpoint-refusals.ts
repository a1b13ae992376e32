import type { CheckpointSteps } from '../../apply/checkpoint-steps.ts';
import { isProblem, type Problem, type ProblemCode, type ProblemData, toData } from '../../problems/problem.ts';
import type { EngineOutlets } from '../stream/engine.ts';

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
 * What it means that a disk refuses a checkpoint of the passive server, and who is told. A sync that failed is
 * never made good by another one: what is on the disk is doubted until it was read from there.
 */
export class CheckpointRefusals {
  readonly #disk: CheckpointSteps['disk'];
  readonly #outlets: Pick<EngineOutlets, 'toMain'>;
  /** The disk takes what is written again, but what it took before is in doubt. */
  readonly #onDoubt: () => void;
  #refused: ProblemCode | null = null;
  #isUnproven = false;

  constructor(options: {
    disk: CheckpointSteps['disk'];
    outlets: Pick<EngineOutlets, 'toMain'>;
    onDoubt: () => void;
  }) {
    this.#disk = options.disk;
    this.#outlets = options.outlets;
    this.#onDoubt = options.onDoubt;
  }

  /** What an earlier run of this worker told is over, but for what it left in doubt. */
  begin(folders: string): void {
    for (const code of [...PASSING, ...OF_FOLDER]) this.#outlets.toMain({ kind: 'clearedAll', code });
    if (!this.#disk.unproven) return;
    this.#tell({ code: UNPROVEN, parameters: { path: folders, reason: 'its disk failed before the last start' } });
    this.#isUnproven = true;
    this.#onDoubt();
  }

  refused(problem: Problem): void {
    this.#over(problem.code);
    this.#refused = problem.code;
    if (problem.code === UNPROVEN) this.#isUnproven = true;
    this.#tell(toData(problem));
  }

  /** A checkpoint was made. */
  made(): void {
    this.#over(null);
    // Only what is read after a sync that went well says what the disk holds.
    if (this.#refused !== null && this.#disk.unproven) this.#onDoubt();
    this.#refused = null;
  }

  /** Tells that everything was read from the disk. To be called now and then. */
  step(): void {
    if (!this.#isUnproven || this.#disk.unproven) return;
    this.#isUnproven = false;
    this.#clear(UNPROVEN);
  }

  /** What was told before is over, but for what stays. */
  #over(stays: ProblemCode | null): void {
    if (this.#refused !== null && this.#refused !== stays && this.#refused !== UNPROVEN) this.#clear(this.#refused);
  }

  #tell(problem: ProblemData): void {
    this.#outlets.toMain({ kind: 'problem', problem, item: null, evidence: [], action: null });
  }

  #clear(code: ProblemCode): void {
    this.#outlets.toMain({ kind: 'cleared', code, item: null });
  }
}
