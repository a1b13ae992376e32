import type { ItemStatus, Role } from '../../api/status.ts';
import type { ProblemData } from '../../problems/problem.ts';
import type { RegistrySettings } from '../../settings/settings.ts';
import type { CheckOutcome } from '../passive/check-follower.ts';
import type { RegistryReport } from './registry-report.ts';
import type { StreamEvent } from '../stream/thread-messages.ts';

/** What the thread of the registries is started with. */
export interface RegistryStart {
  readonly role: Role;
  readonly base: string;
  readonly stateDirectory: string;
  readonly stores: readonly RegistrySettings[];
  readonly orphans: 'quarantine' | 'log' | 'delete';
  /** Tells this run from others. */
  readonly run: number;
}

export type ToRegistry =
  /** Active: everything is to be stated, for the stream began anew or may have missed something. */
  | { readonly kind: 'state' }
  /** Active: a check that somebody asked for. */
  | { readonly kind: 'check'; readonly id: number; readonly repair: boolean }
  /** Passive: a batch is durable in this file of its folder. */
  | { readonly kind: 'batch'; readonly file: string }
  /** Passive: what this store holds may be replaced. */
  | { readonly kind: 'confirm'; readonly store: string }
  | { readonly kind: 'query'; readonly id: number; readonly query: RegistryQuery }
  /** It is to say that it still turns. */
  | { readonly kind: 'ping' }
  | { readonly kind: 'stop' };

export type RegistryQuery =
  /** The passive server's keys that are not Synchronized, or all. */
  | { readonly name: 'registryItems'; readonly outOfSync: boolean; readonly after: string; readonly limit: number }
  | { readonly name: 'registryLook'; readonly path: string };

export function isRegistryQuery<Other extends { readonly name: string }>(
  query: RegistryQuery | Other,
): query is RegistryQuery {
  return query.name === 'registryItems' || query.name === 'registryLook';
}

/** A key for people, as `files` lists it. */
export interface RegistryItem {
  readonly path: string;
  readonly status: ItemStatus;
  readonly reason: string | null;
}

/** What one server's key holds; null where it is not there. By shown names of values, as text. */
export interface RegistryLook {
  readonly values: Readonly<Record<string, string>> | null;
  /** Of data that is not shown as a whole. Not told by earlier releases. */
  readonly hashes?: Readonly<Record<string, string>>;
}

export type FromRegistry =
  | { readonly kind: 'alive' }
  | { readonly kind: 'report'; readonly report: RegistryReport }
  /** Active: goes into the stream. `check`: the one that it is of; 0 for none. */
  | { readonly kind: 'batch'; readonly check: number; readonly bytes: Uint8Array }
  /** All that is the matter now; what was told before and is not among it is over. */
  | { readonly kind: 'problems'; readonly standing: readonly StandingProblem[] }
  | { readonly kind: 'event'; readonly event: StreamEvent }
  | { readonly kind: 'meddled'; readonly problem: ProblemData; readonly item: string }
  | { readonly kind: 'checkEnded'; readonly outcome: CheckOutcome }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown; readonly problem: ProblemData | null };

export interface StandingProblem {
  readonly problem: ProblemData;
  readonly item: string;
  /** What `fix` would do. */
  readonly action: string | null;
}
