import type { ChannelStatus, Role, SystemStatus } from '../api/status.ts';
import type { Lifecycle } from './synchronization-status.ts';

/** What a server's system status depends on. */
export interface SystemFacts {
  readonly lifecycle: Lifecycle;
  readonly role: Role;
  readonly channel: ChannelStatus;
  /** The channel was made at least once since this daemon started. */
  readonly everConnected: boolean;
  /** `starting`: the two agree from where the stream goes on; `stopped`: something forbids it (a finding says what). */
  readonly replication: 'starting' | 'running' | 'stopped';
}

/** A server's own system status. */
export function systemStatus(facts: SystemFacts): SystemStatus {
  if (facts.lifecycle === 'stopping') return 'Shutting down';
  if (facts.lifecycle === 'starting') return facts.role === 'active' ? 'Starting as active server' : 'Initializing';
  if (facts.channel === 'Waiting') return 'Disconnecting from peer server';
  if (facts.channel === 'Not connected') {
    if (!facts.everConnected) return 'Connecting to peer server';
    return facts.role === 'passive' ? 'Lost active server' : 'Not replicating';
  }
  if (facts.replication === 'starting') return 'Starting replication';
  return facts.replication === 'running' ? 'Replicating' : 'Not replicating';
}

/**
 * The other server's system status as this one may show it: what it said last, unless nothing has
 * been heard from it for longer than the wait after a drop.
 */
export function peerSystemStatus(said: SystemStatus, channel: ChannelStatus): SystemStatus {
  return channel === 'Not connected' ? 'Server not responding' : said;
}
