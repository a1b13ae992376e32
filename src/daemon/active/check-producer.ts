import type { CheckKind, NodeId } from '../../changes/change.ts';
import type { DirtySet } from '../../changes/dirty-set.ts';
import type { ByteString } from '../../kernel/byte-string.ts';

/** A check that is being stated into the stream. */
export interface RunningCheck {
  /** Works for about `budgetMs`. @returns true when all is stated. */
  step(budgetMs: number): boolean;
  /** Gives it up and lets go of what it holds; nothing more is stated. */
  close(): void;
}

/** Starts checks; built by the composition from the check module. */
export interface CheckProducer {
  start(request: {
    readonly check: number;
    readonly mode: CheckKind;
    readonly repair: boolean;
    /** Protected paths; null for everything. */
    readonly paths: readonly ByteString[] | null;
    readonly nodes: readonly NodeId[];
    /** Of folders only what is in them itself. */
    readonly isShallow?: boolean;
    /** What a queue that was given up left to check. */
    readonly left?: DirtySet | null;
  }): RunningCheck;
}
