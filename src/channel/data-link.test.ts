import { expect, it } from 'vitest';
import { ownMemory } from '../kernel/frame-memory.ts';
import type { Address, SecureSocket, Sockets } from '../kernel/sockets.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { zstd } from '../system/files/zstd.ts';
import { CHANNEL_DEFAULTS } from './channel-settings.ts';
import { DataLink, type DataTarget } from './data-link.ts';
import { ProblemBoard } from './problem-board.ts';

const nothing = (): void => {};

const WORLD = {
  credentials: { key: '', certificate: '', trusted: [] },
  clock: { monotonicMs: () => 0 as MonotonicMs, wallMs: () => 0 as WallMs },
  random: () => 0.5,
  settings: { ...CHANNEL_DEFAULTS, listen: [], peers: [], stateDirectory: '/var/lib/understudy' },
  frameMemory: ownMemory,
  compression: zstd,
  busyShare: () => 0,
  emit: nothing,
  tell: nothing,
  roundTripMs: () => 1,
  answeredMs: () => null,
  onStalled: nothing,
};

const TARGET: DataTarget = {
  number: 1,
  session: 's',
  turn: 2,
  dialed: { host: '10.0.0.2', port: 1 },
  route: '10.0.0.2:1',
  version: 5,
};

it('a connection that the other server dialed for an earlier turn ends without a try of this side', () => {
  const timers = { after: () => (waits.push('retry'), nothing), every: () => nothing };
  const waits: string[] = [];
  let tries = 0;
  let cancelled = 0;
  const sockets = {
    connect: () => {
      tries += 1;
      return () => (cancelled += 1);
    },
  } as unknown as Sockets;
  const link = new DataLink({ ...WORLD, sockets, timers, board: new ProblemBoard({ timers, emit: nothing }) });
  link.follow(TARGET, 'was replaced');
  let close: (error: Error | null) => void = nothing;
  const late = {
    remote: { host: '10.0.0.2', port: 2 },
    onData: nothing,
    destroy: nothing,
    onClose: (action: typeof close) => (close = action),
  } as unknown as SecureSocket;
  link.adopt(late);
  close(null);
  expect([tries, waits]).toEqual([1, []]);
  // The try under way can still be taken back.
  link.follow(null, 'the connection was lost');
  expect(cancelled).toBe(1);
});

it('that data cannot get through is told only where small messages were answered since it fails', () => {
  let nowMs = 1000;
  let answeredMs = nowMs;
  let retry: () => void = nothing;
  const timers = { after: (_delayMs: number, action: () => void) => ((retry = action), nothing), every: () => nothing };
  const told: string[] = [];
  const board = new ProblemBoard({
    timers,
    emit: (event) => {
      if (event.kind === 'problem') told.push(event.problem.code);
    },
  });
  const sockets = {
    connect: (_address: Address, _options: unknown, onResult: (result: { error: Error }) => void) => {
      onResult({ error: new Error('does not answer') });
      return nothing;
    },
  } as unknown as Sockets;
  const clock = { ...WORLD.clock, monotonicMs: () => nowMs as MonotonicMs };
  const link = new DataLink({ ...WORLD, sockets, timers, board, clock, answeredMs: () => answeredMs });
  // The first fails in the moment of the last heartbeat that was answered: that proves nothing of the time since.
  link.follow(TARGET, 'was replaced');
  for (let failures = 1; failures < 10; failures += 1) {
    nowMs += 100;
    retry();
  }
  expect(told).toEqual([]);
  answeredMs = nowMs;
  retry();
  expect(told).toEqual(['CHN-016']);
});
