import { expect, it } from 'vitest';
import { frameHeader } from '../kernel/frames.ts';
import type { SecureSocket } from '../kernel/sockets.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { CHANNEL_DEFAULTS } from './channel-settings.ts';
import { type ControlMessage, encodeMessage } from './control-codec.ts';
import { ControlConnection } from './control-connection.ts';

const HEARTBEAT_MS = 1000;
const LOST_MS = 5000;
const nothing = (): void => {};

/** One that is up, on a clock of its own: what it is told, and when. */
function trial() {
  const world = { now: 0, tick: nothing, read: (_data: Uint8Array): void => {}, ends: [] as string[] };
  const socket = {
    remote: { host: '10.0.0.2', port: 1 },
    writeParts: nothing,
    destroy: nothing,
    onClose: nothing,
    onData: (action: typeof world.read) => (world.read = action),
  } as unknown as SecureSocket;
  const connection = new ControlConnection(socket, null, {
    clock: { monotonicMs: () => world.now as MonotonicMs, wallMs: () => world.now as WallMs },
    timers: {
      after: () => nothing,
      every: (_periodMs, action) => {
        world.tick = action;
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
      onEnd: (_from, end) => void world.ends.push(end.kind),
    },
  });
  connection.setUp();
  const hear = (message: ControlMessage): void => {
    const heard = encodeMessage(message);
    world.read(Buffer.concat([frameHeader(heard.length), heard]));
  };
  return { world, connection, hear };
}

it('a process that was held up, and reads what came meanwhile first, notices all the same when nothing comes any more', () => {
  const { world, connection, hear } = trial();
  world.now = 60_000;
  hear({ type: 'heartbeat', number: 1 });
  world.tick();
  expect([connection.heardMs, world.ends]).toEqual([60_000, []]);
  for (let second = 0; second < 6; second += 1) {
    world.now += HEARTBEAT_MS;
    world.tick();
  }
  expect(world.ends).toEqual(['silent']);
});

it('where nothing gets through to the other server it is heard, and does not answer', () => {
  const { world, connection, hear } = trial();
  expect(connection.answeredMs).toBe(null);
  world.now = HEARTBEAT_MS;
  world.tick();
  world.now += 20;
  // The second one; the first was sent when it came up.
  hear({ type: 'heartbeatAnswer', number: 2, wallMs: 0 });
  expect([connection.answeredMs, connection.roundTripMs]).toEqual([HEARTBEAT_MS, 20]);
  world.now += 3 * HEARTBEAT_MS;
  hear({ type: 'heartbeat', number: 4 });
  expect([connection.heardMs, connection.answeredMs]).toEqual([world.now, HEARTBEAT_MS]);
});
