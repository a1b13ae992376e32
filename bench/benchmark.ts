import type { Machine } from './machine.ts';
import type { Rivals } from './rivals.ts';
import type { Workspace } from './workspace.ts';

export const GOAL_ROUNDS_MIN = 9;

/** How much is measured. What differs from {@link FULL_SCALE} is only to try whether a benchmark works. */
export interface Scale {
  readonly rounds: number;
  /** Of the small tree, in folders of a hundred. */
  readonly files: number;
  /** Of the tree that shows how much is too much, in folders of a hundred. */
  readonly manyFiles: number;
  /** Of each of the four large files. */
  readonly largeMib: number;
  /** In each block of the latency benchmark. */
  readonly changes: number;
}

export const FULL_SCALE: Scale = {
  rounds: GOAL_ROUNDS_MIN,
  files: 100_000,
  manyFiles: 1_000_000,
  largeMib: 512,
  changes: 1_000,
};

/** What a benchmark works with. */
export interface Bench {
  readonly scale: Scale;
  readonly workspace: Workspace;
  readonly rivals: Rivals;
  readonly machine: Machine;
  /** Tells how far it is; no part of the result. */
  readonly say: (text: string) => void;
}

/** @returns its chapter in Markdown, without the heading. */
export type Benchmark = (bench: Bench) => Promise<string>;
