import type { ProblemCode, ProblemData } from '../../problems/problem.ts';
import type { FindingBoard, RaiseOptions } from './finding-board.ts';

/** What a finding is known by. */
interface Told {
  readonly code: ProblemCode;
  readonly item: string | null;
}

/**
 * The findings that one kind of worker raises. Who raises a finding clears it; a worker that ended can't.
 * What it left stands until the next one works, which has told by then what is still so.
 */
export class WorkerFindings {
  readonly #board: Pick<FindingBoard, 'raise' | 'clear' | 'clearAll'>;
  readonly #current = new Map<string, Told>();
  /** Told by workers that ended. */
  readonly #left = new Map<string, Told>();

  constructor(board: Pick<FindingBoard, 'raise' | 'clear' | 'clearAll'>) {
    this.#board = board;
  }

  raise(problem: ProblemData, options: RaiseOptions): void {
    const told = { code: problem.code, item: options.item ?? null };
    this.#current.set(keyOf(told), told);
    this.#left.delete(keyOf(told));
    this.#board.raise(problem, options);
  }

  clear(code: ProblemCode, item: string | null): void {
    for (const map of [this.#current, this.#left]) map.delete(keyOf({ code, item }));
    this.#board.clear(code, item);
  }

  clearAll(code: ProblemCode, but: readonly string[] = []): void {
    const kept = new Set<string | null>(but);
    for (const map of [this.#current, this.#left])
      for (const [key, told] of map) if (told.code === code && !kept.has(told.item)) map.delete(key);
    this.#board.clearAll(code, but);
  }

  /** Another worker begins. */
  begin(): void {
    for (const [key, told] of this.#current) this.#left.set(key, told);
    this.#current.clear();
  }

  /** The worker works. */
  working(): void {
    for (const { code, item } of this.#left.values()) this.#board.clear(code, item);
    this.#left.clear();
  }
}

function keyOf({ code, item }: Told): string {
  return `${code} ${item ?? ''}`;
}
