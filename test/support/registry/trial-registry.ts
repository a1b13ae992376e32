import type { PairFileValues } from '../../../src/settings/pair-schema.ts';
import type { RegistryEdit } from '../../../src/registry/registry-edit.ts';
import type { TrialServer } from '../server.ts';

/** The registry of one server as a program there sees and changes it, without Understudy. */
export interface TrialRegistry {
  /** All that it holds at and above the protected keys, as it lies on the disk, in a form that is equal where registries are. */
  readonly content: readonly string[];
  /** The same, as its own tool exports it. */
  readonly exported: readonly string[];
  /** What that export says. */
  readonly exportedEdits: readonly RegistryEdit[];
  edit(edits: readonly RegistryEdit[]): void;
}

/** A kind of registry that a trial protects. */
export interface TrialStore {
  readonly provider: NonNullable<NonNullable<PairFileValues['protect']>['registry']>[number]['provider'];
  /** In the settings. */
  readonly path: string;
  /** Can it hold this exactly? */
  takes(edit: RegistryEdit): boolean;
  /** Of this server; made empty where there is none. */
  of(server: Pick<TrialServer, 'base'>): TrialRegistry;
}
