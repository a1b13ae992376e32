import type { CheckProgress, Role } from '../../api/status.ts';

/** How the registries of one server stand. */
export interface RegistryReport {
  readonly role: Role;
  /** Of the active server's registries that the numbers are of. */
  readonly run: number;
  /** Active: the last batch that was told; passive: the last that was applied. */
  readonly batch: number;
  /** Something is being read, compared or written. */
  readonly isBusy: boolean;
  readonly check: CheckProgress | null;
  readonly stores: readonly StoreReport[];
}

export interface StoreReport {
  readonly name: string;
  readonly keys: number;
  /** Active: the batch that stated it first in this stream; passive: the last one that stated it and was compared. 0 for none. */
  readonly stated: number;
  readonly outOfSync: number;
  /** It can't be read or written. */
  readonly failed: boolean;
  /** Nothing was seen that is not told. */
  readonly isSettled: boolean;
}
