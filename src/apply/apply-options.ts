import type { OrphanPolicy } from './orphans.ts';
import type { ReplicaOptions } from './replica.ts';
import type { ApplyStore } from './store.ts';

export interface ApplyOptions extends ReplicaOptions {
  readonly store: ApplyStore;
  readonly orphans: OrphanPolicy;
  readonly quarantineBytesMax: number;
  /** Fewer lost items never hold replication; null: none do. */
  readonly lossItemsMin: number | null;
}

/** How many items are not known to be equal, and what is on its way. */
export interface ApplyCounts {
  readonly outOfSync: number;
  readonly unchecked: number;
  readonly pullsWaiting: number;
  readonly bytesWaiting: number;
  /** Numbers of the pull that waits longest (beyond all numbers where none does) and of the next one. */
  readonly pullsFrom: number;
  readonly pullsTo: number;
  /** Pulled since the last checkpoint: here, and not yet safe from a power cut. */
  readonly pullsUnsaved: number;
}
