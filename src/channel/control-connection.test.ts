import { expect, it } from 'vitest';
import { frameHeader } from '../kernel/frames.ts';
import type { SecureSocket } from '../kernel/sockets.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { CHANNEL_DEFAULTS } from './channel-settings.ts';
import { encodeMessage } from './control-codec.ts';
import { ControlConnection } from './control-connection.ts';

const HEARTBEAT_MS = 1000;
const LOST_MS = 5000;
const nothing = (): void => {};

it('a process that was held up, and reads what came meanwhile first, notices all the same when nothing comes any more', () => {
  let now = 0;
  let tick = nothing;
  let read: (data: Uint8Array) => void = nothing;
  const ends: string[] = [];
  const socket = {
    remote: { host: '10.0.0.2', port: 1 },
    writeParts: nothing,
    destroy: nothing,
    onClose: nothing,
    onData: (action: typeof read) => (read = action),
  } as unknown as SecureSocket;
  const connection = new ControlConnection(socket, null, {
    clock: { monotonicMs: () => now as MonotonicMs, wallMs: () => now as WallMs },
    timers: {
      after: () => nothing,
      every: (_periodMs, action) => {
        tick = action;
        return nothing;
      },
    },
    settings: {
      ...CHANNEL_DEFAULTS,
      listen: [],
      peers: [],
      stateDirectory: '/var/lib/understudy',
      heartbeatMs: HEARTBEAT_MS,
      lostAfterMs: LOST_MS,
    },
    handlers: {
      onMessage: nothing,
      onMeasured: nothing,
      onHeartbeat: nothing,
      heartbeatFields: () => ({}),
      onTick: nothing,
      onEnd: (_from, end) => void ends.push(end.kind),
    },
  });
  connection.setUp();
  now = 60_000;
  const heartbeat = encodeMessage({ type: 'heartbeat', number: 1 });
  read(Buffer.concat([frameHeader(heartbeat.length), heartbeat]));
  tick();
  expect([connection.heardMs, ends]).toEqual([60_000, []]);
  for (let second = 0; second < 6; second += 1) {
    now += HEARTBEAT_MS;
    tick();
  }
  expect(ends).toEqual(['silent']);
});
