import { expect, it } from 'vitest';
import { ownMemory } from '../kernel/frame-memory.ts';
import type { SecureSocket, Sockets } from '../kernel/sockets.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { zstd } from '../system/files/zstd.ts';
import { CHANNEL_DEFAULTS } from './channel-settings.ts';
import { DataLink } from './data-link.ts';
import { ProblemBoard } from './problem-board.ts';

const nothing = (): void => {};

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
  const link = new DataLink({
    sockets,
    credentials: { key: '', certificate: '', trusted: [] },
    clock: { monotonicMs: () => 0 as MonotonicMs, wallMs: () => 0 as WallMs },
    timers,
    random: () => 0.5,
    settings: { ...CHANNEL_DEFAULTS, listen: [], peers: [], stateDirectory: '/var/lib/understudy' },
    board: new ProblemBoard({ timers, emit: nothing }),
    frameMemory: ownMemory,
    compression: zstd,
    busyShare: () => 0,
    emit: nothing,
    tell: nothing,
    roundTripMs: () => 1,
    onStalled: nothing,
  });
  const dialed = { host: '10.0.0.2', port: 1 };
  link.follow({ number: 1, session: 's', turn: 2, dialed, route: '10.0.0.2:1', version: 5 }, 'was replaced');
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
