import { describe, expect, it } from 'vitest';
import type { ChannelStatus, ReplicationStatus } from '../../api/status.ts';
import { FileError } from '../../kernel/files.ts';
import type { PairSettings } from '../../settings/settings.ts';
import type { FlushReport } from './flush-waits.ts';
import { HandTime } from '../hand-time.testing.ts';
import type { ActiveReport, PassiveReport, SideReport } from '../status/side-report.ts';
import { SynchronousReplication } from './synchronous-replication.ts';
import type { ToStream } from '../stream/thread-messages.ts';

const at = (sequence: number) => ({ epoch: 3, sequence });
const FLUSHES: FlushReport = { mark: '3/0', closes: null, exactAt: at(5), contentWanted: null, added: null };
const ACTIVE = {
  role: 'active',
  durable: at(9),
  capture: [{ folder: '/srv', kind: 'intercept' }],
  failed: false,
  gap: false,
  itemsLeft: 0,
  flushes: FLUSHES,
} as unknown as ActiveReport;
const PASSIVE = {
  role: 'passive',
  applied: at(9),
  itemsOutOfSync: 0,
  itemsUnchecked: 0,
  pullsWaiting: 0,
  verification: 'done',
  unconfirmed: false,
  undecided: 0,
  isMixed: false,
} as unknown as PassiveReport;

/** @param file - what was written down before. */
function rig(role: 'active' | 'passive' = 'active', file: string | null = null) {
  const time = new HandTime();
  const world = {
    file,
    isDiskFull: false,
    settings: {
      mode: 'synchronous',
      onPeerLoss: 'degrade',
      holdMsMax: null,
      answerMsMax: 10_000,
    } as PairSettings['replication'],
    channel: 'Connected' as ChannelStatus,
    own: ACTIVE as ActiveReport | null,
    peer: { stream: PASSIVE } as unknown as SideReport,
    waiting: { count: 0, sinceMs: Number.POSITIVE_INFINITY },
    /** What was done, in its order. */
    done: [] as string[],
    posted: [] as ToStream[],
    findings: new Set<string>(),
  };
  const saved = (): ReplicationStatus => JSON.parse(world.file ?? 'null') as ReplicationStatus;
  const replication = new SynchronousReplication({
    role,
    clock: time,
    timers: time,
    pairFile: {
      get settings() {
        return { replication: world.settings };
      },
    },
    replies: {
      canWait: true,
      hold: (isHolding) => void world.done.push(isHolding ? 'hold' : 'let go'),
      waiting: () => world.waiting,
    },
    replicationFile: {
      read: () => world.file,
      write: (text) => {
        if (world.isDiskFull) throw new FileError({ code: 'ENOSPC', call: 'write', path: 'replication.json' });
        world.file = text;
        world.done.push(`write ${saved().inForce}`);
      },
    },
    findings: {
      raise: ({ code }) => void world.findings.add(code),
      clear: (code) => void world.findings.delete(code),
    },
    history: { own: () => {} },
    stream: {
      get report() {
        return world.own;
      },
      post: (message) => world.posted.push(message) > 0,
    },
    peer: {
      get report() {
        return world.peer;
      },
    },
    channel: () => ({ status: world.channel }),
  });
  const looks = (): void => {
    time.advance(100);
    replication.look();
  };
  const told = (flushes: Partial<FlushReport>, active: Partial<ActiveReport> = {}): void => {
    world.own = { ...ACTIVE, ...active, flushes: { ...FLUSHES, ...flushes } };
    looks();
  };
  /** Until it is in force. */
  const comesInForce = (): void => {
    looks();
    looks();
    const number = world.posted.length;
    told({ closes: { number, position: at(8) } });
    expect(replication.shown().inForce).toBe('synchronous');
    world.done.length = 0;
  };
  return { world, time, replication, looks, told, comesInForce, saved };
}

describe('synchronous replication', () => {
  it('is in force once the passive server holds what was flushed before it was waited for', () => {
    const { world, replication, looks, told, saved } = rig();
    looks();
    expect(world.findings).toContain('RPL-004');
    expect(saved()).toMatchObject({ inForce: 'asynchronous', synchronous: { state: 'behind' } });
    looks();
    expect(world.done.at(-1)).toBe('hold');
    expect(world.posted).toEqual([
      { kind: 'flushes', order: { kind: 'whole', number: 1, mark: '3/0', applied: at(9) } },
    ]);
    told({ closes: { number: 0, position: at(1) } });
    told({ closes: { number: 1, position: at(10) } });
    expect(replication.shown().inForce).toBe('asynchronous');
    told({ closes: { number: 1, position: at(10) } }, { durable: at(10) });
    expect(replication.shown()).toMatchObject({
      inForce: 'synchronous',
      synchronous: { state: 'in force', reason: null },
    });
    expect(saved().inForce).toBe('synchronous');
    expect([...world.findings]).toEqual([]);
  });

  it.each<[string, Partial<PassiveReport>, Partial<ActiveReport>]>([
    ['it has not applied what was exact', { applied: at(4) }, {}],
    ['it speaks of another stream', { applied: { epoch: 2, sequence: 99 } }, {}],
    ['it is not verified', { verification: 'running' }, {}],
    ['content is missing', { pullsWaiting: 1 }, {}],
    ['an item is out of sync', { itemsOutOfSync: 1 }, {}],
    ['the stream missed something', {}, { gap: true }],
  ])('does not begin while the passive server lacks something: %s', (_, passive, active) => {
    const { world, looks, told } = rig();
    world.peer = { stream: { ...PASSIVE, ...passive } } as unknown as SideReport;
    told({}, active);
    looks();
    looks();
    expect(world.done).not.toContain('hold');
    expect(world.posted).toEqual([]);
  });

  it('is written down to be over before the first flush is answered without it', () => {
    const { world, replication, looks, comesInForce, saved } = rig();
    comesInForce();
    world.channel = 'Waiting';
    looks();
    expect(replication.shown().inForce).toBe('synchronous');
    world.channel = 'Not connected';
    looks();
    expect(world.done).toEqual(['write asynchronous', 'let go']);
    expect(saved()).toMatchObject({ synchronous: { state: 'behind', position: at(9) } });
    expect([...world.findings]).toEqual(['RPL-001']);
    world.channel = 'Connected';
    comesInForce();
    expect([...world.findings]).toEqual([]);
  });

  it('is over all the same where that can not be written down, which is told', () => {
    const { world, looks, comesInForce } = rig();
    comesInForce();
    world.isDiskFull = true;
    world.channel = 'Not connected';
    looks();
    expect(world.done).toEqual(['let go']);
    expect([...world.findings].sort()).toEqual(['RPL-001', 'SYS-010']);
  });

  it('is over when a flush has waited too long while the two were connected', () => {
    const { world, time, looks, comesInForce } = rig();
    comesInForce();
    world.waiting = { count: 1, sinceMs: time.monotonicMs() };
    world.channel = 'Waiting';
    time.advance(60_000);
    looks();
    world.channel = 'Connected';
    looks();
    time.advance(9_000);
    looks();
    expect(world.done).toEqual([]);
    time.advance(1_000);
    looks();
    expect(world.done).toContain('let go');
  });

  it('holds as long as is wanted, and says so', () => {
    const { world, time, replication, looks, comesInForce } = rig();
    world.settings = { ...world.settings, onPeerLoss: 'hold', holdMsMax: 5_000 };
    comesInForce();
    world.own = null;
    looks();
    expect(replication.shown()).toMatchObject({ inForce: 'synchronous', synchronous: { state: 'holding' } });
    expect([...world.findings]).toEqual(['RPL-002']);
    time.advance(4_000);
    looks();
    expect(world.done).toEqual([]);
    time.advance(1_000);
    looks();
    expect(world.done).toEqual(['write asynchronous', 'let go']);
    expect([...world.findings]).toEqual(['RPL-001']);
  });

  it('is asynchronous at a start, whatever was before, and remembers from when on', () => {
    const before = rig();
    before.comesInForce();
    const second = rig('active', before.world.file);
    expect(second.saved()).toMatchObject({ inForce: 'asynchronous' });
    // Those that waited for the daemon before, too.
    expect(second.world.done).toEqual(['write asynchronous', 'let go']);
    second.comesInForce();
    second.world.channel = 'Not connected';
    second.looks();
    const { since } = second.saved();
    const third = rig('active', second.world.file);
    third.world.peer = {} as SideReport;
    third.looks();
    expect(third.replication.shown()).toMatchObject({ since, synchronous: { state: 'behind', position: at(9) } });
    expect([...third.world.findings]).toEqual(['RPL-001']);
  });

  it('has content told that a flush waits for, once the passive server has all of it', () => {
    const { world, told, comesInForce } = rig();
    comesInForce();
    world.posted.length = 0;
    world.peer = { stream: { ...PASSIVE, applied: at(20), pullsWaiting: 1 } } as unknown as SideReport;
    told({ contentWanted: at(15) });
    expect(world.posted).toEqual([]);
    world.peer = { stream: { ...PASSIVE, applied: at(20) } } as unknown as SideReport;
    told({ contentWanted: at(15) });
    expect(world.posted).toEqual([{ kind: 'flushes', order: { kind: 'contentHere', upTo: at(20) } }]);
  });

  it('is remembered by the passive server as it was told last, also over a start', () => {
    const { world, replication, looks } = rig('passive');
    const told = { mode: 'synchronous', inForce: 'synchronous', since: '2026-01-01T00:00:00.000Z' } as const;
    world.peer = { replication: told } as unknown as SideReport;
    looks();
    expect(replication.shown()).toEqual(told);
    const next = rig('passive', world.file);
    next.world.peer = null as unknown as SideReport;
    expect(next.replication.shown()).toEqual(told);
  });
});
