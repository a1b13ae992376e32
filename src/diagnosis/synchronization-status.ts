import type { ChannelStatus, SynchronizationStatus } from '../api/status.ts';

/** Where the daemon stands in its own life. */
export type Lifecycle = 'starting' | 'running' | 'stopping';

/** How far the first verification since the start (or since the last loss of track) has come. */
export type Verification = 'none' | 'running' | 'unfinished' | 'done';

/** Everything that a File System Status (or Registry Status) depends on. */
export interface SynchronizationFacts {
  readonly lifecycle: Lifecycle;
  /** Something of the kind is protected. */
  readonly configured: boolean;
  /** `Waiting`: dropped less than `channel.waitMs` ago; `Not connected`: never made, or lost. */
  readonly channel: ChannelStatus;
  /** A store or the journal failed. */
  readonly failed: boolean;
  /** Any item is known different or held back. */
  readonly itemsDifferent: boolean;
  readonly verification: Verification;
  /** Changes may have been missed, or items have come into doubt, and they are not verified again yet. */
  readonly gap: boolean;
  /** Changes are captured and not yet applied. */
  readonly queued: boolean;
}

/**
 * The one word a user trusts. First match wins, in the order of the architecture's chapter "Words";
 * `Synchronized` is what remains when nothing speaks against it. A re-check of verified items does
 * not come in here: it changes only the `check` part of status.
 */
export function fileSystemStatus(facts: SynchronizationFacts): SynchronizationStatus {
  if (facts.lifecycle !== 'running') return 'Uninitialized';
  if (!facts.configured) return 'Not protected';
  if (facts.channel === 'Not connected') return 'Out of sync';
  if (facts.failed) return 'Error';
  if (facts.itemsDifferent) return 'Out of sync';
  if (facts.verification === 'running') return 'Checking';
  if (facts.verification !== 'done' || facts.gap) return 'Unchecked';
  if (facts.queued || facts.channel === 'Waiting') return 'Synchronized and busy processing';
  return 'Synchronized';
}

/** Does the word say that nothing is known to differ and everything was verified? */
export function isSynchronized(status: SynchronizationStatus): boolean {
  return status === 'Synchronized' || status === 'Synchronized and busy processing';
}
