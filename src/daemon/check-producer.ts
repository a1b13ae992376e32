import type { CheckKind, NodeId } from '../changes/change.ts';

/** A check that is being stated into the stream. */
export interface RunningCheck {
  /** Works for about `budgetMs`. @returns true when all is stated. */
  step(budgetMs: number): boolean;
}

/** Starts checks; built by the composition from the check module. */
export interface CheckProducer {
  start(request: {
    readonly check: number;
    readonly mode: CheckKind;
    readonly repair: boolean;
    /** Protected paths; null for everything. */
    readonly paths: readonly string[] | null;
    readonly nodes: readonly NodeId[];
  }): RunningCheck;
}
