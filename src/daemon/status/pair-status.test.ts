import { describe, expect, it } from 'vitest';
import type { CheckProgress, Status, SystemStatus } from '../../api/status.ts';
import { pairStatus, type PairView } from './pair-status.ts';
import type { ActiveReport, PassiveReport, SideReport } from './side-report.ts';

const at = (sequence: number, epoch = 3) => ({ epoch, sequence });
const NO_QUEUE = { bytes: 0, records: 0, oldestMs: 0 };
const ROOMY = {
  directory: '/queues',
  bytes: 0,
  sizeBytesMax: 1e9,
  freeBytes: 1e9,
  freeBytesMin: 0,
  isDiskFull: false,
  isHeld: false,
};

const ACTIVE: ActiveReport = {
  role: 'active',
  itemsTotal: 100,
  captured: at(9),
  durable: at(9),
  sendQueue: NO_QUEUE,
  queue: ROOMY,
  itemsLeft: 0,
  looksPending: 0,
  scanning: false,
  capture: [{ folder: '/srv/shop', kind: 'watch' }],
  failed: false,
  gap: false,
  itemsUnseen: 0,
  itemsUnread: 0,
  itemsUnconfirmed: 0,
};

const PASSIVE: PassiveReport = {
  role: 'passive',
  received: at(9),
  applied: at(9),
  receiveQueue: NO_QUEUE,
  queue: ROOMY,
  itemsKnown: 100,
  itemsOutOfSync: 0,
  itemsUnchecked: 0,
  pullsWaiting: 0,
  pullBytesWaiting: 0,
  verification: 'done',
  check: null,
  unconfirmed: false,
  undecided: 0,
  isMixed: false,
  failed: false,
};

const CHECK: CheckProgress = {
  kind: 'full',
  itemsDone: 40,
  itemsTotal: 100,
  bytesDone: 1,
  bytesTotal: 2,
  bytesPerSecond: 3,
  remainingMs: 4,
};

const CONNECTED: Status['channel'] = {
  status: 'Connected',
  routes: [{ address: '10.0.0.2:57348', status: 'Connected', roundTripMs: 0.2 }],
};

interface Changes {
  view?: Partial<PairView>;
  active?: Partial<ActiveReport> | null;
  passive?: Partial<PassiveReport> | null;
  /** What the other server says of itself as a whole; null where it was never heard. */
  peer?: Partial<SideReport> | null;
}

/** The status of a pair that is well but for these changes, as this server shows it. */
function shown(role: 'active' | 'passive', changes: Changes = {}): Status {
  const active = changes.active === null ? null : { ...ACTIVE, ...changes.active };
  const passive = changes.passive === null ? null : { ...PASSIVE, ...changes.passive };
  const [own, other] = role === 'active' ? [active, passive] : [passive, active];
  const peer: SideReport = {
    identity: 'secondary',
    role: role === 'active' ? 'passive' : 'active',
    systemStatus: 'Replicating',
    asOf: '2026-01-01T00:00:00.000Z',
    epoch: 3,
    stream: other,
    findings: [],
    ...changes.peer,
  };
  return pairStatus({
    pair: 'shop',
    identity: 'primary',
    role,
    epoch: 3,
    lifecycle: 'running',
    asOf: '2026-01-01T00:00:01.000Z',
    replication: { mode: 'asynchronous', inForce: 'asynchronous', since: '2025-12-31T00:00:00.000Z' },
    protectsFiles: true,
    protectsRegistry: false,
    registry: null,
    hasRegistryFailed: false,
    filters: [],
    services: [],
    health: [],
    pause: null,
    channel: CONNECTED,
    everConnected: true,
    own,
    peer: changes.peer === null ? null : peer,
    isPeerSilent: false,
    findings: [],
    failed: false,
    ...changes.view,
  });
}

describe.each(['active', 'passive'] as const)('the status as the %s server shows it', (role) => {
  const word = (changes: Changes): string => shown(role, changes).fileSystem.status;

  it('says who it is and when', () => {
    expect(shown(role)).toMatchObject({
      pair: 'shop',
      identity: 'primary',
      role,
      epoch: 3,
      systemStatus: 'Replicating',
      asOf: '2026-01-01T00:00:01.000Z',
      replication: { mode: 'asynchronous', since: '2025-12-31T00:00:00.000Z' },
      registry: { status: 'Not protected' },
      channel: CONNECTED,
      capture: [{ folder: '/srv/shop', kind: 'watch' }],
      peer: { systemStatus: 'Replicating', asOf: '2026-01-01T00:00:00.000Z' },
    });
  });

  it('is Synchronized where both hold the same, verified, and nothing waits', () => {
    expect(shown(role).fileSystem).toEqual({
      status: 'Synchronized',
      consistent: false,
      itemsTotal: 100,
      itemsOutOfSync: 0,
      itemsUnchecked: 0,
      position: at(9),
      check: null,
    });
  });

  it.each<[string, Changes, string]>([
    ['while it starts', { view: { lifecycle: 'starting' } }, 'Uninitialized'],
    ['while it stops', { view: { lifecycle: 'stopping' } }, 'Uninitialized'],
    ['where no files are protected', { view: { protectsFiles: false } }, 'Not protected'],
    ['without a channel', { view: { channel: { status: 'Not connected', routes: [] } } }, 'Out of sync'],
    ['when the stream worker failed', { view: { failed: true } }, 'Error'],
    ["when the other server's stream worker failed or hangs", { peer: { failed: true } }, 'Error'],
    ['when the other server is connected and tells nothing', { view: { isPeerSilent: true } }, 'Unchecked'],
    ['when the active side failed', { active: { failed: true } }, 'Error'],
    ['when the passive side failed', { passive: { failed: true } }, 'Error'],
    ['with an item known to differ', { passive: { itemsOutOfSync: 1 } }, 'Out of sync'],
    [
      'with one known to differ while a check runs',
      { passive: { itemsOutOfSync: 1, verification: 'running' } },
      'Out of sync',
    ],
    [
      'while the passive waits to be confirmed',
      { passive: { unconfirmed: true, verification: 'unfinished' } },
      'Out of sync',
    ],
    ['during the preview of a first pairing', { passive: { unconfirmed: true, verification: 'running' } }, 'Checking'],
    ['during the first check', { passive: { verification: 'running' } }, 'Checking'],
    ['before the first check', { passive: { verification: 'none' } }, 'Unchecked'],
    ['after a check that did not finish', { passive: { verification: 'unfinished' } }, 'Unchecked'],
    ['while a gap is open', { active: { gap: true } }, 'Unchecked'],
    ['with an item in doubt', { passive: { itemsUnchecked: 1 } }, 'Unchecked'],
    ['with a file that can change without notice', { active: { itemsUnseen: 1 } }, 'Unchecked'],
    ['with a file that could not be read', { active: { itemsUnread: 1 } }, 'Unchecked'],
    ['while the two speak of different streams', { active: { captured: at(0, 4) } }, 'Unchecked'],
    ['while a change is on its way', { active: { captured: at(10) } }, 'Synchronized and busy processing'],
    ['while a change is not applied', { passive: { applied: at(8) } }, 'Synchronized and busy processing'],
    ['while a changed name is not looked at', { active: { looksPending: 1 } }, 'Synchronized and busy processing'],
    ['while content is asked for', { passive: { pullsWaiting: 1 } }, 'Synchronized and busy processing'],
    [
      'shortly after the channel dropped',
      { view: { channel: { status: 'Waiting', routes: [] } } },
      'Synchronized and busy processing',
    ],
    ['during a re-check of what was verified', { passive: { check: CHECK } }, 'Synchronized'],
  ])('%s', (_when, changes, status) => {
    expect(word(changes)).toBe(status);
  });

  it('is never Synchronized where one side says nothing', () => {
    for (const side of ['active', 'passive'] as const) expect(word({ [side]: null })).toBe('Unchecked');
    expect(word({ peer: null })).toBe('Unchecked');
  });

  it('counts what is verified neither way as unchecked', () => {
    const { fileSystem } = shown(role, { passive: { verification: 'running', check: CHECK, itemsOutOfSync: 5 } });
    expect(fileSystem).toMatchObject({ itemsTotal: 100, itemsOutOfSync: 5, itemsUnchecked: 55, check: CHECK });
    expect(shown(role, { passive: { verification: 'none' } }).fileSystem.itemsUnchecked).toBe(100);
    const doubtful = shown(role, { passive: { itemsUnchecked: 2 }, active: { itemsUnseen: 3, itemsUnread: 4 } });
    expect(doubtful.fileSystem.itemsUnchecked).toBe(9);
  });

  it('counts what the passive has of a protected folder that is missing', () => {
    const { fileSystem } = shown(role, { active: { itemsTotal: 0, gap: true }, passive: { itemsKnown: 322 } });
    expect(fileSystem).toMatchObject({ status: 'Unchecked', itemsTotal: 322, itemsUnchecked: 322 });
    const one = shown(role, { active: { itemsTotal: 400, gap: true }, passive: { itemsOutOfSync: 5 } });
    expect(one.fileSystem).toMatchObject({ itemsTotal: 400, itemsOutOfSync: 5, itemsUnchecked: 395 });
  });

  it('shows the queues of both sides, and what would be lost now', () => {
    const sendQueue = { bytes: 10, records: 2, oldestMs: 30 };
    const receiveQueue = { bytes: 7, records: 1, oldestMs: 5 };
    const status = shown(role, { active: { sendQueue }, passive: { receiveQueue } });
    expect(status.queues).toEqual({ send: sendQueue, receive: receiveQueue });
    expect(status.recoveryPoint).toMatchObject({ ms: 30, bytes: 10, items: 2 });
  });

  it.each<[string, Changes, SystemStatus]>([
    ['before the other side was heard', { peer: null }, 'Starting replication'],
    ['before the other side began', { peer: { stream: null } }, 'Starting replication'],
    ['before its own side began', role === 'active' ? { active: null } : { passive: null }, 'Starting replication'],
    ['where both have one role', { peer: { stream: role === 'active' ? ACTIVE : PASSIVE } }, 'Not replicating'],
    ['while it stops', { view: { lifecycle: 'stopping' } }, 'Shutting down'],
    [
      'shortly after the channel dropped',
      { view: { channel: { status: 'Waiting', routes: [] } } },
      'Disconnecting from peer server',
    ],
  ])('its system status %s', (_when, changes, status) => {
    expect(shown(role, changes).systemStatus).toBe(status);
  });

  it('shows of the other server what it said last, unless it is away', () => {
    expect(shown(role, { peer: { systemStatus: 'Shutting down' } }).peer?.systemStatus).toBe('Shutting down');
    const away = shown(role, { view: { channel: { status: 'Not connected', routes: [] } } });
    expect(away.peer).toMatchObject({ systemStatus: 'Server not responding', asOf: '2026-01-01T00:00:00.000Z' });
    expect(shown(role, { peer: null }).peer).toBeNull();
  });
});

describe('a server without the other', () => {
  const alone = { channel: { status: 'Not connected', routes: [] }, everConnected: false } as const;

  it('shows what it knows', () => {
    const active = shown('active', { peer: null, view: alone });
    expect(active.systemStatus).toBe('Connecting to peer server');
    expect(active.fileSystem).toMatchObject({
      itemsTotal: 100,
      itemsUnchecked: 100,
      position: { epoch: 0, sequence: 0 },
    });
    const passive = shown('passive', { peer: null, view: alone });
    expect(passive.fileSystem).toMatchObject({ itemsTotal: 100, position: at(9) });
    expect(passive.capture).toEqual([]);
  });

  it('does not know what would be lost where nothing was verified', () => {
    for (const role of ['active', 'passive'] as const) {
      expect(shown(role, { peer: null, view: alone }).recoveryPoint).toBeNull();
      expect(shown(role, { passive: { verification: 'none' } }).recoveryPoint).toBeNull();
      expect(shown(role).recoveryPoint).toMatchObject({ ms: 0, bytes: 0, items: 0 });
    }
  });

  it.each(['Waiting', 'Not connected'] as const)('keeps what the active one told last: %s', (status) => {
    const point = (changes: Changes): Status['recoveryPoint'] =>
      shown('passive', { ...changes, view: { channel: { status, routes: [] } } }).recoveryPoint;
    const asOf = '2026-01-01T00:00:00.000Z';
    expect(point({})).toEqual({ ms: 1000, bytes: 0, items: 0, asOf });
    const sendQueue = { bytes: 10, records: 2, oldestMs: 30 };
    expect(point({ active: { sendQueue, captured: at(11) } })).toEqual({ ms: 1000, bytes: 10, items: 2, asOf });
    // The records came after the report that told of them.
    expect(point({ active: { sendQueue } })).toMatchObject({ bytes: 0, items: 0 });
    const pulled = { passive: { pullsWaiting: 1, pullBytesWaiting: 5 }, active: { looksPending: 3 } };
    expect(point(pulled)).toMatchObject({ bytes: 5, items: 4 });
    expect(point({ passive: { verification: 'unfinished' } })).toBeNull();
    expect(point({ passive: { itemsUnchecked: 1 } })).toBeNull();
    expect(point({ active: { captured: at(0, 4) } })).toBeNull();
    expect(point({ active: null })).toBeNull();
  });

  it('counts what the passive server has not confirmed as out of sync, where it knows that', () => {
    const changes = { active: { itemsUnconfirmed: 7 }, passive: { itemsOutOfSync: 1 } };
    const apart = { ...changes, view: { channel: alone.channel } };
    expect(shown('active', apart).fileSystem).toMatchObject({ status: 'Out of sync', itemsOutOfSync: 8 });
    expect(shown('passive', apart).fileSystem.itemsOutOfSync).toBe(1);
    expect(shown('active', changes).fileSystem.itemsOutOfSync).toBe(1);
  });

  it('shows nothing it does not know', () => {
    const status = shown('active', { active: null, peer: null, view: alone });
    expect(status.fileSystem).toMatchObject({ status: 'Out of sync', itemsTotal: 0, itemsUnchecked: 0 });
    expect(status.queues).toEqual({ send: NO_QUEUE, receive: NO_QUEUE });
  });
});
