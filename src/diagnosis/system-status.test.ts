import { expect, test } from 'vitest';
import { peerSystemStatus, type SystemFacts, systemStatus } from './system-status.ts';

const RUNNING: SystemFacts = {
  lifecycle: 'running',
  role: 'active',
  channel: 'Connected',
  everConnected: true,
  replication: 'running',
};

test.each<[Partial<SystemFacts>, string]>([
  [{}, 'Replicating'],
  [{ role: 'passive' }, 'Replicating'],
  [{ lifecycle: 'starting' }, 'Starting as active server'],
  [{ lifecycle: 'starting', role: 'passive' }, 'Initializing'],
  [{ lifecycle: 'stopping', channel: 'Not connected' }, 'Shutting down'],
  [{ channel: 'Not connected', everConnected: false }, 'Connecting to peer server'],
  [{ channel: 'Waiting' }, 'Disconnecting from peer server'],
  [{ channel: 'Not connected' }, 'Not replicating'],
  [{ channel: 'Not connected', role: 'passive' }, 'Lost active server'],
  [{ replication: 'starting' }, 'Starting replication'],
  [{ replication: 'stopped' }, 'Not replicating'],
])('with %j the system status is %s', (change, word) => {
  expect(systemStatus({ ...RUNNING, ...change })).toBe(word);
});

test('a peer that is out of reach is not said to replicate', () => {
  expect(peerSystemStatus('Replicating', 'Connected')).toBe('Replicating');
  expect(peerSystemStatus('Replicating', 'Waiting')).toBe('Replicating');
  expect(peerSystemStatus('Replicating', 'Not connected')).toBe('Server not responding');
});
