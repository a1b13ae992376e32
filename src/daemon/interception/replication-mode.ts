import type { ChannelStatus } from '../../api/status.ts';
import type { PairSettings } from '../../settings/settings.ts';

export type AskedReplication = PairSettings['replication'];

/**
 * Why the passive server can't have all that is flushed: it is away; it is there and does not confirm; the stream
 * missed something, or begins anew; nothing sends the stream.
 */
export type LossReason = 'lost' | 'late' | 'missed' | 'stopped';

/** What flushes on the active server wait for. */
export type ReplicationMode =
  /** Nothing else is asked for, or nothing can wait. */
  | { readonly kind: 'asynchronous' }
  /** They don't wait, until the passive server holds everything (again). */
  | { readonly kind: 'behind'; readonly reason: 'start' | LossReason }
  /**
   * They wait. Those that were answered before are not all there yet. `held`: there are none, for all have waited.
   */
  | {
      readonly kind: 'closing';
      readonly reason: 'start' | LossReason;
      readonly held: { readonly reason: LossReason; readonly sinceMs: number } | null;
    }
  | { readonly kind: 'synchronous' }
  /** They wait for a passive server that can't have them. */
  | { readonly kind: 'holding'; readonly reason: LossReason; readonly sinceMs: number };

/** What is known when the mode is looked at. */
export interface ReplicationFacts {
  readonly asked: AskedReplication;
  /** Is anything intercepted, so that a flush can wait at all? */
  readonly canWait: boolean;
  readonly nowMs: number;
  /** Of a stream that was whole; null where nothing is wrong with it. */
  readonly loss: LossReason | null;
  /** The passive server holds all that the stream said, and the stream lacks nothing. */
  readonly isCaughtUp: boolean;
  /** What was flushed without waiting is durable on the passive server. */
  readonly isClosed: boolean;
}

/** Do flushes wait? */
export function isHolding({ kind }: ReplicationMode): boolean {
  return kind === 'closing' || kind === 'synchronous' || kind === 'holding';
}

/** Is everything that was flushed on the passive server, as long as this lasts? */
export function isInForce(mode: ReplicationMode): boolean {
  return mode.kind === 'synchronous' || mode.kind === 'holding' || (mode.kind === 'closing' && mode.held !== null);
}

/** The mode that follows. Pure. */
export function nextMode(mode: ReplicationMode, facts: ReplicationFacts): ReplicationMode {
  const { asked, canWait, isCaughtUp, isClosed, loss } = facts;
  if (asked.mode === 'asynchronous' || !canWait) return mode.kind === 'asynchronous' ? mode : { kind: 'asynchronous' };
  switch (mode.kind) {
    case 'asynchronous':
      return { kind: 'behind', reason: 'start' };
    case 'behind':
      return isCaughtUp ? { kind: 'closing', reason: mode.reason, held: null } : mode;
    case 'closing':
      if (loss !== null) return mode.held === null ? { kind: 'behind', reason: loss } : held(mode.held, facts);
      return isClosed ? { kind: 'synchronous' } : mode;
    case 'synchronous':
      return loss === null ? mode : held({ reason: loss, sinceMs: facts.nowMs }, facts);
    case 'holding':
      if (loss === null) return { kind: 'synchronous' };
      // What was missed was made up for by a check.
      if (isCaughtUp) return { kind: 'closing', reason: loss, held: mode };
      return held(mode.reason === loss ? mode : { ...mode, reason: loss }, facts);
  }
}

/** Goes on holding as long as that is wanted. */
function held(
  since: { readonly reason: LossReason; readonly sinceMs: number },
  { asked, nowMs }: ReplicationFacts,
): ReplicationMode {
  const { reason, sinceMs } = since;
  const isOver = asked.holdMsMax !== null && nowMs - sinceMs >= asked.holdMsMax;
  return asked.onPeerLoss === 'degrade' || isOver ? { kind: 'behind', reason } : { kind: 'holding', reason, sinceMs };
}

/**
 * Why the passive server can't have all that is flushed from now on.
 * @param seen.mark - of the stream: as it tells it itself, null where there is none; and as it was when it was whole.
 * @param seen.waitingMs - for so long the oldest flush has waited while the two were connected.
 */
export function lossOf(seen: {
  readonly channel: ChannelStatus;
  readonly mark: string | null;
  readonly wholeMark: string | null;
  readonly waitingMs: number;
  readonly answerMsMax: number;
}): LossReason | null {
  if (seen.channel === 'Not connected') return 'lost';
  if (seen.mark === null) return 'stopped';
  if (seen.mark !== seen.wholeMark) return 'missed';
  return seen.channel === 'Connected' && seen.waitingMs >= seen.answerMsMax ? 'late' : null;
}
