import type { SynchronizationStatus } from '../../src/api/status.ts';
import { pairStatus } from '../../src/daemon/status/pair-status.ts';
import type { ActiveReport, PassiveReport } from '../../src/daemon/status/side-report.ts';
import type { FromStream } from '../../src/daemon/stream/thread-messages.ts';
import { fromText } from '../../src/kernel/byte-string.ts';
import type { SimulatedServer } from './simulated-server.ts';

const SOME_TIME = new Date(0).toISOString();

/** What `understudy status` would say of the files, while both are connected and know what the other reports now. */
export function shownStatus(active: ActiveReport, passive: PassiveReport): SynchronizationStatus {
  const { epoch } = active.captured;
  const status = pairStatus({
    pair: 'simulated',
    identity: 'primary',
    role: 'active',
    epoch,
    lifecycle: 'running',
    asOf: SOME_TIME,
    replication: { mode: 'asynchronous', inForce: 'asynchronous', since: SOME_TIME },
    protectsFiles: true,
    protectsRegistry: false,
    registry: null,
    hasRegistryFailed: false,
    filters: [],
    channel: { status: 'Connected', routes: [] },
    everConnected: true,
    isPeerSilent: false,
    own: active,
    peer: {
      identity: 'secondary',
      role: 'passive',
      systemStatus: 'Replicating',
      asOf: SOME_TIME,
      epoch,
      stream: passive,
      findings: [],
    },
    findings: [],
    services: [],
    health: [],
    pause: null,
    failed: false,
  });
  return status.fileSystem.status;
}

/** Do both sides say that nothing is left to do and nothing is known to differ? */
export function isAtRest(active: ActiveReport, passive: PassiveReport): boolean {
  return (
    shownStatus(active, passive) === 'Synchronized' &&
    !active.scanning &&
    active.sendQueue.records === 0 &&
    passive.pullBytesWaiting === 0 &&
    passive.check === null
  );
}

/** Items that the server does not hold for equal, and why. */
export function itemsInDoubt(server: SimulatedServer): string {
  let items = '';
  const hear = (message: FromStream): void => {
    if (message.kind === 'answer') items = JSON.stringify(message.answer);
  };
  server.ask({ name: 'items', outOfSync: true, after: fromText(''), limit: 20 }, hear);
  return items;
}
