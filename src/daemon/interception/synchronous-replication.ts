import type { ChannelStatus, ReplicationStatus, Role, SynchronousStatus } from '../../api/status.ts';
import type { Position } from '../../changes/change.ts';
import type { Cancel, Clock, Timers } from '../../kernel/clock.ts';
import { hasAll, isCaughtUp } from '../status/consistency.ts';
import type { EventHistory } from '../status/event-history.ts';
import type { FindingBoard } from '../status/finding-board.ts';
import type { PairSettings } from '../../settings/settings.ts';
import type { HeldReplies } from './held-replies.ts';
import type { PeerSide } from '../channel/peer-side.ts';
import { isHolding, isInForce, lossOf, type LossReason, nextMode, type ReplicationMode } from './replication-mode.ts';
import { type RecordFile, ReplicationRecord } from './replication-record.ts';
import type { ActiveReport, PassiveReport, SideReport } from '../status/side-report.ts';
import type { StreamKeeper } from '../stream/stream-keeper.ts';

const LOOK_EVERY_MS = 200;

const REASONS: Readonly<Record<'start' | LossReason, string>> = {
  start: 'the passive server is not known to hold everything yet',
  lost: 'the passive server is away',
  late: 'the passive server does not confirm what it gets',
  missed: 'what it lacks is made up for by a check',
  stopped: 'nothing is sent while replication is started again',
};

export interface SynchronousOptions {
  readonly role: Role;
  readonly pairFile: { readonly settings: Pick<PairSettings, 'replication'> };
  readonly replies: Pick<HeldReplies, 'canWait' | 'hold' | 'waiting'>;
  readonly replicationFile: RecordFile;
  readonly findings: Pick<FindingBoard, 'raise' | 'clear'>;
  readonly history: Pick<EventHistory, 'own'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly stream: Pick<StreamKeeper, 'post' | 'report'>;
  readonly peer: Pick<PeerSide, 'report'>;
  readonly channel: () => { readonly status: ChannelStatus };
}

/**
 * Decides what flushes on the active server wait for, and carries it out: who may be answered at once, what is told of
 * it and what is written down. The passive server only remembers what it was told.
 */
export class SynchronousReplication {
  readonly #options: SynchronousOptions;
  readonly #record: ReplicationRecord;
  #cancel: Cancel = () => {};
  #mode: ReplicationMode = { kind: 'asynchronous' };
  /** Of the stream when the passive server was last known to hold all of it. */
  #wholeMark: string | null = null;
  #orders = 0;
  /** Once the passive server has applied this, and all else is well, it holds everything. */
  #target: { readonly mark: string; readonly position: Position } | null = null;
  #connectedAtMs = Number.POSITIVE_INFINITY;
  #since: string;
  /** While it is behind. */
  #position: Position | null = null;
  #raised: 'RPL-001' | 'RPL-002' | 'RPL-004' | null = null;

  constructor(options: SynchronousOptions) {
    this.#options = options;
    const record = new ReplicationRecord(options.replicationFile, options.findings);
    this.#record = record;
    this.#since = record.last?.since ?? this.#now();
    if (options.role === 'passive') return;
    // What is flushed before it is in force again does not wait, whatever was before.
    if (record.last?.inForce === 'synchronous') this.#changed(null);
    // Nor by the word of a daemon that this one follows: nobody else would take that back.
    options.replies.hold(false);
  }

  start(): void {
    this.#cancel = this.#options.timers.every(LOOK_EVERY_MS, () => this.look());
  }

  /** When nothing is intercepted any more: until then flushes wait, or are answered. */
  stop(): void {
    this.#cancel();
  }

  /** To be called whenever something is news, and now and then. */
  look(): void {
    if (this.#options.role === 'passive') return this.#remember();
    const { replies, stream, channel, clock } = this.#options;
    const active = activeOf(stream.report);
    if (channel().status !== 'Connected') this.#connectedAtMs = Number.POSITIVE_INFINITY;
    else this.#connectedAtMs = Math.min(this.#connectedAtMs, clock.monotonicMs());
    const nowMs = clock.monotonicMs();
    const loss = isHolding(this.#mode) ? this.#loss(active, nowMs) : null;
    const next = nextMode(this.#mode, {
      asked: this.#asked,
      canWait: replies.canWait,
      nowMs,
      loss,
      isCaughtUp: active !== null && this.#isCaughtUp(active),
      isClosed: active !== null && this.#isClosed(active),
    });
    if (next !== this.#mode) this.#enter(next, active);
    this.#tellContent(active);
    this.#tell(active);
  }

  /** For the status of this server. */
  shown(): ReplicationStatus {
    const { role, peer } = this.#options;
    if (role === 'active') return this.#status();
    return peer.report?.replication ?? this.#record.last ?? { ...this.#status(), inForce: 'asynchronous' };
  }

  get #asked(): PairSettings['replication'] {
    return this.#options.pairFile.settings.replication;
  }

  #status(): ReplicationStatus {
    const { mode } = this.#asked;
    const inForce = isInForce(this.#mode) ? 'synchronous' : 'asynchronous';
    const status = { mode, inForce, since: this.#since } as const;
    return mode === 'asynchronous' ? status : { ...status, synchronous: this.#details() };
  }

  #details(): SynchronousStatus {
    const { replies, stream } = this.#options;
    const added = activeOf(stream.report)?.flushes?.added ?? null;
    return {
      state: stateOf(this.#mode),
      onPeerLoss: this.#asked.onPeerLoss,
      reason: 'reason' in this.#mode ? REASONS[this.#mode.reason] : null,
      position: this.#position,
      waiting: replies.waiting().count,
      addedMs: added === null ? null : { p50: added.p50Ms, p99: added.p99Ms },
      asOf: this.#now(),
    };
  }

  #loss(active: ActiveReport | null, nowMs: number): LossReason | null {
    const { replies, channel } = this.#options;
    const waitingMs = nowMs - Math.max(replies.waiting().sinceMs, this.#connectedAtMs);
    const mark = active?.flushes?.mark ?? null;
    const { answerMsMax } = this.#asked;
    return lossOf({ channel: channel().status, mark, wholeMark: this.#wholeMark, waitingMs, answerMsMax });
  }

  #isCaughtUp(active: ActiveReport): boolean {
    const { channel, peer } = this.#options;
    const flushes = active.flushes ?? null;
    if (channel().status !== 'Connected' || flushes === null || flushes.exactAt === null) return false;
    if (this.#target?.mark !== flushes.mark) this.#target = { mark: flushes.mark, position: flushes.exactAt };
    return isCaughtUp(active, passiveOf(peer.report), this.#target.position);
  }

  #isClosed({ flushes, durable }: ActiveReport): boolean {
    const closes = flushes?.closes ?? null;
    return closes?.number === this.#orders && isUpTo(durable, closes.position);
  }

  #enter(next: ReplicationMode, active: ActiveReport | null): void {
    const before = this.#mode;
    this.#mode = next;
    this.#target = null;
    const wasHeld = isHolding(before);
    if (next.kind === 'closing' && active?.flushes !== undefined && active.flushes !== null) {
      this.#options.replies.hold(true);
      this.#wholeMark = active.flushes.mark;
      this.#orders += 1;
      const applied = passiveOf(this.#options.peer.report)?.applied ?? { epoch: 0, sequence: 0 };
      const order = { kind: 'whole', number: this.#orders, mark: this.#wholeMark, applied } as const;
      this.#options.stream.post({ kind: 'flushes', order });
    }
    if (isInForce(next) !== isInForce(before)) {
      // Before the first flush is answered otherwise.
      this.#changed(isInForce(next) ? null : (active?.durable ?? null));
      if (isInForce(next)) this.#options.history.own({ level: 'information', text: 'Replication is synchronous' });
    } else if (next.kind === 'behind' && before.kind === 'asynchronous') {
      this.#resume();
    }
    if (wasHeld && !isHolding(next)) this.#options.replies.hold(false);
  }

  /** What was not made up for when the daemon ended still is not. */
  #resume(): void {
    const before = this.#record.last?.synchronous;
    if (before?.state !== 'behind') return this.#changed(null);
    const reason = (Object.keys(REASONS) as (keyof typeof REASONS)[]).find((one) => REASONS[one] === before.reason);
    this.#mode = { kind: 'behind', reason: reason ?? 'start' };
    this.#position = before.position;
  }

  #changed(position: Position | null): void {
    this.#since = this.#now();
    this.#position = position;
    this.#record.save(this.#status());
  }

  /** What a flush waits for of content that is fetched, the stream worker can't know. */
  #tellContent(active: ActiveReport | null): void {
    const wanted = active?.flushes?.contentWanted ?? null;
    const passive = passiveOf(this.#options.peer.report);
    if (wanted === null || passive === null || !hasAll(passive) || !isUpTo(passive.applied, wanted)) return;
    this.#options.stream.post({ kind: 'flushes', order: { kind: 'contentHere', upTo: passive.applied } });
  }

  #tell(active: ActiveReport | null): void {
    const mode = this.#mode;
    const reason = 'reason' in mode ? REASONS[mode.reason] : '';
    if (mode.kind === 'holding') {
      const { holdMsMax } = this.#asked;
      const limit =
        holdMsMax === null ? 'as long as it takes' : `at most ${String(holdMsMax / 1000)} seconds from the beginning`;
      this.#raise('RPL-002', { reason, limit });
    } else if (mode.kind === 'behind' && mode.reason === 'start') {
      this.#raise('RPL-004', {});
    } else if (mode.kind === 'behind') {
      this.#raise('RPL-001', { reason, position: shownPosition(this.#position) });
    } else if (mode.kind !== 'closing') {
      this.#raise(null, {});
    }
    this.#tellWatched(active);
  }

  #raise(code: 'RPL-001' | 'RPL-002' | 'RPL-004' | null, parameters: Readonly<Record<string, string>>): void {
    const { findings } = this.#options;
    if (this.#raised !== null && this.#raised !== code) findings.clear(this.#raised);
    if (code !== null) findings.raise({ code, parameters });
    this.#raised = code;
  }

  #tellWatched(active: ActiveReport | null): void {
    const { findings } = this.#options;
    const watched = (active?.capture ?? []).filter(({ kind }) => kind === 'watch').map(({ folder }) => folder);
    if (this.#asked.mode === 'asynchronous' || watched.length === 0) return findings.clear('RPL-003');
    const parameters = { folders: watched.join(', '), are: watched.length === 1 ? 'is' : 'are' };
    findings.raise({ code: 'RPL-003', parameters });
  }

  /** On the passive server: what the active one said last, for when it says nothing any more. */
  #remember(): void {
    const { peer, channel } = this.#options;
    const told = peer.report?.replication;
    const { last } = this.#record;
    if (told === undefined || (told.mode === 'asynchronous' && last === null)) return;
    const isOther = keyOf(told) !== (last === null ? null : keyOf(last));
    const isLast = channel().status !== 'Connected' && told.synchronous?.asOf !== last?.synchronous?.asOf;
    if (isOther || isLast) this.#record.save(told);
  }

  #now(): string {
    return new Date(this.#options.clock.wallMs()).toISOString();
  }
}

function keyOf({ mode, inForce, since, synchronous }: ReplicationStatus): string {
  return [mode, inForce, since, synchronous?.state].join();
}

function activeOf(report: ActiveReport | PassiveReport | null): ActiveReport | null {
  return report?.role === 'active' ? report : null;
}

function passiveOf(report: SideReport | null): PassiveReport | null {
  return report?.stream?.role === 'passive' ? report.stream : null;
}

function isUpTo(position: Position, wanted: Position): boolean {
  return position.epoch === wanted.epoch && position.sequence >= wanted.sequence;
}

function shownPosition(position: Position | null): string {
  return position === null ? 'unknown' : `${String(position.epoch)}:${String(position.sequence)}`;
}

function stateOf(mode: ReplicationMode): SynchronousStatus['state'] {
  if (mode.kind === 'asynchronous') return 'unavailable';
  if (mode.kind === 'synchronous') return 'in force';
  return isInForce(mode) ? 'holding' : 'behind';
}
