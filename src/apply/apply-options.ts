import type { ChangingSet } from '../changes/changing-set.ts';
import type { OrphanPolicy } from './orphans.ts';
import type { PullCounts } from './pull.ts';
import type { ReplicaOptions } from './replica-options.ts';
import type { ApplyStore } from './store.ts';

export interface ApplyOptions extends ReplicaOptions {
  /** What the stream said last is in force where that is known. */
  readonly protectedSet: ChangingSet;
  readonly store: ApplyStore;
  readonly orphans: OrphanPolicy;
  readonly quarantineBytesMax: number;
  /** Fewer lost items never hold replication; null: none do. */
  readonly lossItemsMin: number | null;
}

/** How many items are not known to be equal, and what is on its way. */
export interface ApplyCounts extends PullCounts {
  readonly outOfSync: number;
  readonly unchecked: number;
  /** Of those that are out of sync: they were in use a moment ago, and are about to be made equal. */
  readonly passing: number;
}
