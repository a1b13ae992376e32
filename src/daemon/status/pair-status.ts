import type { HealthStatus, PauseStatus, ServiceStatus } from '../../api/services.ts';
import type { Finding, Identity, QueueStatus, ReplicationStatus, Role, Status } from '../../api/status.ts';
import { comparePositions, ORIGIN } from '../../changes/change.ts';
import { isBypassed, isConsistent, isOneMoment } from './consistency.ts';
import { filtersNow } from '../settings/filters-now.ts';
import { fileSystemStatus, isSynchronized, type SynchronizationFacts } from '../../diagnosis/synchronization-status.ts';
import { peerSystemStatus, systemStatus } from '../../diagnosis/system-status.ts';
import type { RegistryReport } from '../registry/registry-report.ts';
import { registryStatus } from '../registry/registry-status.ts';
import type { ActiveReport, PassiveReport, SideReport } from './side-report.ts';

/** What a daemon knows when it is asked for the status. */
export interface PairView {
  readonly pair: string;
  readonly identity: Identity;
  readonly role: Role;
  readonly epoch: number;
  readonly lifecycle: 'starting' | 'running' | 'stopping';
  readonly asOf: string;
  readonly replication: ReplicationStatus;
  readonly protectsFiles: boolean;
  readonly protectsRegistry: boolean;
  readonly registry: RegistryReport | null;
  readonly hasRegistryFailed: boolean;
  readonly channel: Status['channel'];
  readonly everConnected: boolean;
  readonly own: ActiveReport | PassiveReport | null;
  readonly peer: SideReport | null;
  /** It is connected and tells nothing: what it told last says nothing of now. */
  readonly isPeerSilent: boolean;
  readonly filters: Status['filters'];
  readonly pause: PauseStatus | null;
  /** Of this server. */
  readonly services: readonly ServiceStatus[];
  readonly health: readonly HealthStatus[];
  readonly findings: readonly Finding[];
  readonly failed: boolean;
}

const EMPTY_QUEUE: QueueStatus = { bytes: 0, records: 0, oldestMs: 0 };

/** The whole status, from what both servers reported. Pure. */
export function pairStatus(view: PairView): Status {
  const { active, passive } = sides(view);
  const channelUp = view.channel.status === 'Connected';
  const queued = isQueued(active, passive);
  // What was verified in another stream says nothing about what the active server holds since.
  const verification = channelUp && !isOneStream(active, passive) ? 'none' : (passive?.verification ?? 'none');
  const hasGap = active?.gap === true;
  // Of a protected folder that is missing the active server knows nothing; the passive one still has it.
  const itemsTotal = hasGap
    ? Math.max(active.itemsTotal, passive?.itemsKnown ?? 0)
    : (active?.itemsTotal ?? passive?.itemsKnown ?? 0);
  // A peer of an earlier release does not tell them.
  const itemsUnseen = (active?.itemsUnseen ?? 0) + (active?.itemsUnread ?? 0) + (active?.itemsLeft ?? 0);
  const unverified = Math.max(0, itemsTotal - (passive?.check?.itemsDone ?? 0) - (passive?.itemsOutOfSync ?? 0));
  const sendQueue = active?.sendQueue ?? EMPTY_QUEUE;
  const facts: SynchronizationFacts = {
    lifecycle: view.lifecycle,
    configured: view.protectsFiles,
    channel: view.channel.status,
    failed: view.failed || view.peer?.failed === true || active?.failed === true || passive?.failed === true,
    itemsDifferent:
      (passive?.itemsOutOfSync ?? 0) + (passive?.undecided ?? 0) > 0 ||
      (passive?.unconfirmed === true && verification !== 'running'),
    verification,
    gap: view.isPeerSilent || hasGap || (passive?.itemsUnchecked ?? 0) + itemsUnseen > 0,
    queued,
  };
  const status = fileSystemStatus(facts);
  return {
    pair: view.pair,
    identity: view.identity,
    role: view.role,
    epoch: view.epoch,
    systemStatus: systemStatus({
      lifecycle: view.lifecycle,
      role: view.role,
      channel: view.channel.status,
      everConnected: view.everConnected,
      replication: replicationOf(view, active, passive),
    }),
    asOf: view.asOf,
    peer: peerStatus(view),
    fileSystem: {
      status,
      consistent: isCopyConsistent(view, status),
      itemsTotal,
      itemsOutOfSync: (passive?.itemsOutOfSync ?? 0) + unconfirmed(view),
      itemsUnchecked: verification === 'done' && !hasGap ? (passive?.itemsUnchecked ?? 0) + itemsUnseen : unverified,
      position: passive?.applied ?? ORIGIN,
      check: passive?.check ?? null,
    },
    registry: registryStatus({
      lifecycle: view.lifecycle,
      isConfigured: view.protectsRegistry,
      channel: view.channel.status,
      isPeerSilent: view.isPeerSilent,
      failed: facts.failed || view.hasRegistryFailed || view.peer?.registryFailed === true,
      reports: [view.registry, view.peer?.registry],
    }),
    channel: view.channel,
    queues: { send: sendQueue, receive: passive?.receiveQueue ?? EMPTY_QUEUE },
    recoveryPoint: recoveryPoint(view, facts),
    replication: view.replication,
    capture: active?.capture ?? [],
    filters: filtersNow(view.filters, view.findings),
    pause: view.pause,
    ...ofBoth(view),
    findings: view.findings,
  };
}

/** Is the copy known to be one moment of the active server's? On a server whose peer is away only the passive one can know. */
function isCopyConsistent(view: PairView, status: Status['fileSystem']['status']): boolean {
  const { active, passive } = sides(view);
  if (isBypassed(view.findings)) return false;
  if (isSynchronized(status) && isConsistent(active, passive)) return true;
  return (
    (view.role === 'passive' || view.channel.status === 'Connected') &&
    (isOneMoment(passive) || passive?.isHeldMoment === true)
  );
}

/** What would be lost with the active server. An empty queue says nothing about items that were never compared. */
function recoveryPoint(view: PairView, facts: SynchronizationFacts): Status['recoveryPoint'] {
  if (view.role === 'passive' && view.channel.status !== 'Connected') return lastRecoveryPoint(view, facts);
  const { oldestMs, bytes, records } = sides(view).active?.sendQueue ?? EMPTY_QUEUE;
  if (records === 0 && !isSynchronized(fileSystemStatus(facts))) return null;
  return { ms: oldestMs, bytes, items: records, asOf: view.asOf };
}

/** The passive server alone knows what the active one told last; what was changed there since then nobody can tell. */
function lastRecoveryPoint(view: PairView, facts: SynchronizationFacts): Status['recoveryPoint'] {
  const { active, passive } = sides(view);
  if (view.peer === null || active === null || passive === null || !isOneStream(active, passive)) return null;
  if (!isSynchronized(fileSystemStatus({ ...facts, channel: 'Connected' }))) return null;
  // Records may have come after the report.
  const isHere = comparePositions(passive.received, active.captured) >= 0;
  const { bytes, records } = isHere ? EMPTY_QUEUE : active.sendQueue;
  const { asOf } = view.peer;
  return {
    ms: Math.max(0, Date.parse(view.asOf) - Date.parse(asOf)),
    bytes: bytes + passive.pullBytesWaiting,
    items: records + active.looksPending + passive.pullsWaiting,
    asOf,
  };
}

function sides(view: PairView): { active: ActiveReport | null; passive: PassiveReport | null } {
  const reports = [view.own, view.peer?.stream ?? null];
  return {
    active: reports.find((r): r is ActiveReport => r?.role === 'active') ?? null,
    passive: reports.find((r): r is PassiveReport => r?.role === 'passive') ?? null,
  };
}

/** While the two are apart, what changed on the active server is known to it alone. */
function unconfirmed({ channel, own }: PairView): number {
  return channel.status === 'Not connected' && own?.role === 'active' ? own.itemsUnconfirmed : 0;
}

/** Do both speak of the same stream? Not while one of them starts, nor before a new epoch has reached the passive. */
function isOneStream(active: ActiveReport | null, passive: PassiveReport | null): boolean {
  return active !== null && passive !== null && active.captured.epoch === passive.received.epoch;
}

/** Is anything captured that the passive has not applied? */
function isQueued(active: ActiveReport | null, passive: PassiveReport | null): boolean {
  if (active === null || passive === null) return false;
  if (active.looksPending > 0 || passive.pullsWaiting > 0) return true;
  if (comparePositions(passive.applied, passive.received) < 0) return true;
  return comparePositions(passive.applied, active.captured) < 0;
}

/** Of both servers, the primary's first; of the other one as it told last. */
function ofBoth({ identity, services, health, peer }: PairView): Pick<PairView, 'services' | 'health'> {
  const inOrder = <Row>(own: readonly Row[], others: readonly Row[] = []): readonly Row[] =>
    identity === 'primary' ? [...own, ...others] : [...others, ...own];
  return { services: inOrder(services, peer?.services), health: inOrder(health, peer?.health) };
}

function replicationOf(
  view: PairView,
  active: ActiveReport | null,
  passive: PassiveReport | null,
): 'starting' | 'running' | 'stopped' {
  if (view.peer === null || view.own === null || view.peer.stream === null) return 'starting';
  return active !== null && passive !== null ? 'running' : 'stopped';
}

function peerStatus(view: PairView): Status['peer'] {
  if (view.peer === null) return null;
  const { role, systemStatus: said, asOf } = view.peer;
  return { role, systemStatus: peerSystemStatus(said, view.channel.status), asOf };
}
