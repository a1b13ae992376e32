import { expect, test } from 'vitest';
import type { Finding, Status, SynchronousStatus } from '../api/status.ts';
import { redrawn } from './commands/status.ts';
import { statusScreen } from './status-screen.ts';

const FINDING: Finding = {
  id: '1a2b3c4d5e',
  code: 'CHN-003',
  severity: 'error',
  server: 'primary',
  item: null,
  since: '2026-01-01T00:00:00Z',
  cause: 'The other server cannot be reached on any route (10.0.0.2:57348). It is down: no answer.',
  evidence: ['10.0.0.2:57348: connect ETIMEDOUT'],
  resolution: 'Start Understudy there. Understudy keeps trying.',
  action: null,
  parent: null,
};

const CALM: Status = {
  pair: 'shop',
  identity: 'primary',
  role: 'active',
  epoch: 3,
  systemStatus: 'Replicating',
  asOf: '2026-01-01T00:03:10Z',
  peer: { role: 'passive', systemStatus: 'Replicating', asOf: '2026-01-01T00:03:09Z' },
  fileSystem: {
    status: 'Synchronized',
    consistent: false,
    itemsTotal: 12345,
    itemsOutOfSync: 0,
    itemsUnchecked: 0,
    position: { epoch: 3, sequence: 4711 },
    check: null,
  },
  registry: { status: 'Not protected', itemsTotal: 0, itemsOutOfSync: 0, itemsUnchecked: 0, check: null },
  channel: {
    status: 'Connected',
    routes: [{ address: '10.0.0.2:57348', status: 'Connected', roundTripMs: 0.2 }],
  },
  queues: { send: { bytes: 0, records: 0, oldestMs: 0 }, receive: { bytes: 0, records: 0, oldestMs: 0 } },
  recoveryPoint: { ms: 0, bytes: 0, items: 0, asOf: '2026-01-01T00:03:10Z' },
  replication: { mode: 'asynchronous', inForce: 'asynchronous', since: '2026-01-01T00:00:00Z' },
  capture: [{ folder: '/srv/shop', kind: 'watch' }],
  filters: [],
  findings: [],
};

test('a pair in order fits on one screen, identity and role first', () => {
  expect(`\n${statusScreen(CALM, { columns: 80, colour: false }).join('\n')}\n`).toBe(`
shop: this server is primary, active (epoch 3)

  This server     Replicating
  Other server    Replicating (passive, as of 2026-01-01 00:03:09Z)

  File system     Synchronized
                  12,345 items, 0 out of sync, 0 unchecked, applied up to 3:4711
  Registry        Not protected

  Channel         Connected
                  10.0.0.2:57348  Connected, round trip 0.2 ms
  Send queue      empty
  Receive queue   empty
  Recovery point  nothing would be lost now
  Replication     asynchronous, since 2026-01-01 00:00:00Z
  Capture         /srv/shop  (watch)

No findings.
`);
});

test('what goes over the channel is said while something does', () => {
  const data = { sentBytesPerSecond: 1_250_000, receivedBytesPerSecond: 20_480, compressing: true };
  const screen = (compressionRatio: number | null): string[] =>
    statusScreen(
      { ...CALM, channel: { ...CALM.channel, data: { ...data, compressionRatio } } },
      { columns: 80, colour: false },
    );
  expect(screen(2.64)).toContain(
    '                  sends 1.19 MiB a second, receives 20.0 KiB a second, compressed to 1/2.6',
  );
  expect(screen(null)).toContain('                  sends 1.19 MiB a second, receives 20.0 KiB a second');
});

test('what flushes wait for is said where replication is to be synchronous', () => {
  const synchronous = {
    state: 'in force',
    onPeerLoss: 'hold',
    reason: null,
    position: null,
    waiting: 0,
    addedMs: { p50: 0.81, p99: 2.5 },
    asOf: CALM.asOf,
  } as const;
  const shown = (changes: Partial<SynchronousStatus>): string[] => {
    const { since } = CALM.replication;
    const replication = { mode: 'synchronous', inForce: 'synchronous', since } as const;
    const status = { ...CALM, replication: { ...replication, synchronous: { ...synchronous, ...changes } } };
    return statusScreen(status, { columns: 80, colour: false }).map((line) => line.trim());
  };
  expect(shown({})).toContain('Replication     synchronous, since 2026-01-01 00:00:00Z');
  expect(shown({})).toContain('a flush takes 0.81 ms longer (p50), 2.5 ms (p99)');
  const holding = shown({ state: 'holding', reason: 'the passive server is away', waiting: 3 });
  expect(holding).toContain('synchronous is holding: the passive server is away');
  expect(holding).toContain('3 waiting');
  // It may be told by the other server.
  expect(shown({ state: 'holding', reason: 'a\u001b[2Jb' })).toContain('synchronous is holding: a\\x1b[2Jb');
});

test('a pair in trouble says what, since when, why and what to do', () => {
  const status: Status = {
    ...CALM,
    systemStatus: 'Not replicating',
    peer: null,
    fileSystem: {
      ...CALM.fileSystem,
      status: 'Out of sync',
      itemsOutOfSync: 2,
      check: {
        kind: 'full',
        itemsDone: 5000,
        itemsTotal: 12345,
        bytesDone: 1.5 * 2 ** 30,
        bytesTotal: 3 * 2 ** 30,
        bytesPerSecond: 120 * 2 ** 20,
        remainingMs: 12_800,
      },
    },
    channel: {
      status: 'Not connected',
      routes: [{ address: '10.0.0.2:57348', status: 'Not connected', roundTripMs: null }],
    },
    queues: { ...CALM.queues, send: { bytes: 2048, records: 3, oldestMs: 190_000 } },
    recoveryPoint: { ms: 190_000, bytes: 2048, items: 1, asOf: CALM.asOf },
    findings: [
      FINDING,
      {
        ...FINDING,
        id: 'ffffffffff',
        code: 'APL-001',
        severity: 'warning',
        server: 'secondary',
        item: '/srv/shop/\x1b[2Jevil',
        evidence: [],
        cause: 'It cannot be made equal.',
        resolution: 'Mend what refused.',
        action: 'try again now',
        parent: FINDING.id,
      },
    ],
  };
  expect(`\n${statusScreen(status, { columns: 80, colour: false }).join('\n')}\n`).toBe(`
shop: this server is primary, active (epoch 3)

  This server     Not replicating
  Other server    not heard from yet

  File system     Out of sync
                  12,345 items, 2 out of sync, 0 unchecked, applied up to 3:4711
  Full check      [#########---------------]  40 %
                  5,000 of 12,345 items, 1.50 GiB of 3.00 GiB, 120 MiB/s, 0:13 left
  Registry        Not protected

  Channel         Not connected
                  10.0.0.2:57348  Not connected
  Send queue      3 records, 2.00 KiB, oldest 3 min
  Receive queue   empty
  Recovery point  at least 3 min, 2.00 KiB, 1 item behind
  Replication     asynchronous, since 2026-01-01 00:00:00Z
  Capture         /srv/shop  (watch)

Findings (2)
  [CHN-003]  error  primary  since 2026-01-01 00:00:00Z (3 min)
    The other server cannot be reached on any route (10.0.0.2:57348). It is
    down: no answer.
    Seen: 10.0.0.2:57348: connect ETIMEDOUT
    What to do: Start Understudy there. Understudy keeps trying.

    [APL-001]  warning  secondary  /srv/shop/\\x1b[2Jevil  since 2026-01-01 00:00:00Z (3 min)
      It cannot be made equal.
      What to do: Mend what refused.
      understudy fix ffffffffff would: try again now
`);
});

test('an empty queue is no promise as long as items are not verified', () => {
  const status: Status = {
    ...CALM,
    fileSystem: { ...CALM.fileSystem, status: 'Unchecked', itemsUnchecked: 12345 },
    recoveryPoint: null,
  };
  const lines = statusScreen(status, { columns: 80, colour: false });
  expect(lines).toContain('  Recovery point  not known until every item is verified');
});

test('a passive server that is alone says how much of the active one it has, and until when', () => {
  const fileSystem = { ...CALM.fileSystem, status: 'Out of sync' } as const;
  const recoveryPoint = { ms: 7000, bytes: 0, items: 0, asOf: '2026-01-01T00:03:03Z' };
  const screen = (point: Status['recoveryPoint']): string[] =>
    statusScreen({ ...CALM, role: 'passive', fileSystem, recoveryPoint: point }, { columns: 80, colour: false });
  expect(screen(recoveryPoint)).toContain(
    '  Recovery point  as of 2026-01-01 00:03:03Z, 7 s ago: everything; what was changed after that is not here',
  );
  expect(screen({ ...recoveryPoint, bytes: 2048, items: 3 })).toContain(
    '  Recovery point  as of 2026-01-01 00:03:03Z, 7 s ago: all but 3 items (2.00 KiB); what was changed after that is not here either',
  );
});

test('an error of either server stands before every warning, with what follows from it', () => {
  const warning: Finding = { ...FINDING, id: 'a', code: 'SYS-002', severity: 'warning' };
  const status: Status = { ...CALM, findings: [warning, { ...FINDING, id: 'b', parent: 'a' }, FINDING] };
  const heads = statusScreen(status, { columns: 80, colour: false }).filter((line) => /^ +\[/.test(line));
  expect(heads.map((line) => line.trimStart().slice(0, 9))).toEqual(['[CHN-003]', '[SYS-002]', '[CHN-003]']);
});

test('on a low screen every finding has its line, the worst first, and nothing is left blank', () => {
  const warning: Finding = { ...FINDING, id: 'a', code: 'SYS-002', severity: 'warning' };
  const status: Status = { ...CALM, findings: [warning, FINDING] };
  const whole = statusScreen(status, { columns: 80, colour: false });
  expect(statusScreen(status, { columns: 80, colour: false, rows: whole.length + 1 })).toEqual(whole);
  const low = statusScreen(status, { columns: 80, colour: false, rows: whole.length });
  expect(low).not.toContain('');
  expect(low.slice(-3)).toEqual([
    'Findings (2), in full: understudy findings',
    `  [CHN-003] ${FINDING.server}  ${FINDING.cause}`,
    `  [SYS-002] ${FINDING.server}  ${FINDING.cause}`,
  ]);
});

test('colours change nothing but the colour', () => {
  const plain = statusScreen(CALM, { columns: 80, colour: false });
  const painted = statusScreen(CALM, { columns: 80, colour: true });
  expect(painted.map(withoutColours)).toEqual(plain);
  expect(painted).not.toEqual(plain);
});

test('a redrawn screen clears each line behind its text, cuts what is too wide and says what is below', () => {
  expect(redrawn(['one', 'two'], { columns: 80, rows: 24 })).toBe('\x1b[Hone\x1b[K\ntwo\x1b[K\n\x1b[J');
  expect(redrawn(['abcdef', 'b', 'c', 'd'], { columns: 4, rows: 4 })).toBe(
    '\x1b[Habcd\x1b[K\nb\x1b[K\n… 2 \x1b[K\n\x1b[J',
  );
});

function withoutColours(line: string): string {
  return ['0', '1', '2', '31', '32', '33'].reduce((text, code) => text.replaceAll(`\x1b[${code}m`, ''), line);
}
