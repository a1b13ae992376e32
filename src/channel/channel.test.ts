import { connect as netConnect } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Clock, Timers } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { seededRandom } from '../kernel/random.ts';
import type { Address, SecureSocket, Sockets } from '../kernel/sockets.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { isProblem } from '../problems/problem.ts';
import { createCertificate } from '../system/certificates.ts';
import type { CreatedCertificate } from '../system/certificates.ts';
import { tlsSockets } from '../system/tls-sockets.ts';
import { Channel } from './channel.ts';
import type { ChannelEvent } from './channel-event.ts';
import { CHANNEL_DEFAULTS } from './channel-settings.ts';
import type { ChannelSettings } from './channel-settings.ts';
import { CONTROL_PROTOCOL, PAIRING_PROTOCOL } from './framing.ts';
import type { OwnFacts } from './hello.ts';
import { factsOf } from './facts.fixture.ts';

const QUICK = {
  ...CHANNEL_DEFAULTS,
  heartbeatMs: 40,
  lostAfterMs: 400,
  waitMs: 150,
  retryMs: 20,
  retryMsMax: 60,
  refusedRetryMsMax: 60,
  greetingMs: 400,
  stateDirectory: '/var/lib/understudy',
};
const LOOPBACK: Address = { host: '127.0.0.1', port: 0 };
const SECOND_LOOPBACK: Address = { host: '127.0.0.2', port: 0 };

const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog };
const timers: Timers = {
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
  every(periodMs, action) {
    const timer = setInterval(action, periodMs);
    return () => clearInterval(timer);
  },
};

/** The real network, with every connection made by this side within reach of the test. */
class WatchedSockets implements Sockets {
  readonly dialed: { port: number; host: string; socket: SecureSocket }[] = [];
  isCut = false;
  /** Ports whose connections swallow everything, as a pulled cable does. */
  readonly muted = new Set<number>();
  listen: Sockets['listen'] = (address, options, onConnection) => tlsSockets.listen(address, options, onConnection);
  connect: Sockets['connect'] = (address, options, onDone) =>
    tlsSockets.connect(this.isCut ? { ...address, port: 1 } : address, options, (result) => {
      if ('socket' in result) {
        this.dialed.push({ ...address, socket: result.socket });
        this.#muffle(address.port, result.socket);
      }
      onDone(result);
    });

  #muffle(port: number, socket: SecureSocket): void {
    const write = socket.writeParts.bind(socket);
    socket.writeParts = (parts) => this.muted.has(port) || write(parts);
    const onData = socket.onData.bind(socket);
    socket.onData = (action) => onData((data) => this.muted.has(port) || action(data));
  }
}

class Server {
  readonly events: ChannelEvent[] = [];
  readonly sockets = new WatchedSockets();
  readonly channel: Channel;
  facts: OwnFacts;
  wallOffsetMs = 0;
  #waiting: { fits: (event: ChannelEvent) => boolean; resolve: (event: ChannelEvent) => void }[] = [];

  constructor(
    own: CreatedCertificate,
    trusted: CreatedCertificate,
    options: { facts: OwnFacts; settings: Partial<ChannelSettings>; onPairing?: (socket: SecureSocket) => void },
  ) {
    this.facts = options.facts;
    const clock: Clock = {
      monotonicMs: () => performance.now() as MonotonicMs,
      wallMs: () => (Date.now() + this.wallOffsetMs) as WallMs,
    };
    this.channel = new Channel({
      sockets: this.sockets,
      clock,
      timers,
      random: seededRandom(1),
      log: silentLog,
      credentials: { key: own.key, certificate: own.certificate, trusted: [trusted.certificate] },
      ownFingerprint: own.fingerprint,
      settings: { ...QUICK, listen: [LOOPBACK], peers: [], ...options.settings },
      onEvent: (event) => this.#onEvent(event),
      ...(options.onPairing === undefined ? {} : { onPairingConnection: options.onPairing }),
    });
    this.channel.setFacts(this.facts);
    running.push(this.channel);
  }

  setFacts(change: Partial<OwnFacts>): void {
    this.facts = { ...this.facts, ...change };
    this.channel.setFacts(this.facts);
  }

  /** The first event of that kind from now on, or already there when `since` is 0. */
  async event<Kind extends ChannelEvent['kind']>(
    kind: Kind,
    fits: (event: Extract<ChannelEvent, { kind: Kind }>) => boolean = () => true,
  ): Promise<Extract<ChannelEvent, { kind: Kind }>> {
    const test = (event: ChannelEvent): boolean =>
      event.kind === kind && fits(event as Extract<ChannelEvent, { kind: Kind }>);
    const index = this.events.findIndex(test);
    const found =
      index >= 0
        ? this.events[index]
        : await new Promise<ChannelEvent>((resolve) => {
            this.#waiting.push({ fits: test, resolve });
          });
    return found as Extract<ChannelEvent, { kind: Kind }>;
  }

  forget(): void {
    this.events.length = 0;
  }

  kinds(): string[] {
    return this.events.map((event) => event.kind);
  }

  #onEvent(event: ChannelEvent): void {
    this.events.push(event);
    for (const waiting of this.#waiting.filter((entry) => entry.fits(event))) {
      this.#waiting = this.#waiting.filter((entry) => entry !== waiting);
      waiting.resolve(event);
    }
  }
}

const running: Channel[] = [];
let a: CreatedCertificate;
let b: CreatedCertificate;
let stranger: CreatedCertificate;

beforeAll(async () => {
  [a, b, stranger] = await Promise.all([createCertificate('a'), createCertificate('b'), createCertificate('c')]);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((channel) => channel.stop()));
});

/** The Primary listens (on two addresses where asked), the Secondary dials. */
async function pair(options: { routes?: 1 | 2; second?: Partial<OwnFacts> } = {}): Promise<[Server, Server]> {
  const listen = options.routes === 2 ? [LOOPBACK, SECOND_LOOPBACK] : [LOOPBACK];
  const first = new Server(a, b, { facts: factsOf('primary'), settings: { listen } });
  await first.channel.start();
  const facts = { ...factsOf('secondary'), ...options.second };
  const second = new Server(b, a, { facts, settings: { peers: first.channel.listening } });
  await second.channel.start();
  return [first, second];
}

async function bothUp(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.flatMap((server) => [server.event('sessionUp'), server.event('dataUp')]));
}

function dialRaw(port: number, as: CreatedCertificate, protocol: string): Promise<SecureSocket> {
  return new Promise((resolve, reject) => {
    const credentials = { key: as.key, certificate: as.certificate, trusted: [a.certificate] };
    tlsSockets.connect({ host: '127.0.0.1', port }, { credentials, protocol, timeoutMs: 1000 }, (result) =>
      'socket' in result ? resolve(result.socket) : reject(result.error),
    );
  });
}

function portOf(server: Server): number {
  return server.channel.listening[0]?.port ?? 0;
}

describe('two servers of one pair', () => {
  it('meet, exchange facts, and carry messages and data both ways', async () => {
    const [first, second] = await pair();
    const [up] = await Promise.all([first.event('sessionUp'), second.event('sessionUp')]);
    expect(up).toMatchObject({ session: 1, version: 1, peer: { identity: 'secondary', role: 'passive' } });
    const { connection } = await second.event('dataUp');
    await first.event('dataUp');
    expect(first.channel.sendControl(1, { type: 'check', paths: ['/srv'] })).toBe(true);
    expect((await second.event('control')).message).toEqual({ type: 'check', paths: ['/srv'] });
    second.channel.sendControl(1, { type: 'answer' });
    expect((await first.event('control')).message).toEqual({ type: 'answer' });
    second.channel.sendData(connection, [Buffer.from('two '), Buffer.from('parts')]);
    expect(Buffer.from((await first.event('data')).frame).toString()).toBe('two parts');
    const big = Buffer.alloc(1024 * 1024, 7);
    first.channel.sendData(1, [big]);
    expect(Buffer.compare((await second.event('data')).frame, big)).toBe(0);
    const measured = await second.event('status', ({ state }) => state.routes[0]?.roundTripMs !== null);
    expect(measured.state).toMatchObject({ status: 'Connected', routes: [{ status: 'Connected', isCurrent: true }] });
  });

  it('hold data back where the receiver pauses, and tell when it flows again', async () => {
    const [first, second] = await pair();
    await bothUp([first, second]);
    second.channel.pauseData();
    const frame = Buffer.alloc(1024 * 1024);
    let sent = 1;
    while (first.channel.sendData(1, [frame]) && sent < 64) {
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(64);
    expect(first.kinds()).not.toContain('dataDrain');
    second.channel.resumeData();
    await first.event('dataDrain');
    await second.event('data', () => second.events.filter((event) => event.kind === 'data').length >= sent);
  });

  it('tell each other new facts, and warn while both are passive', async () => {
    const [first, second] = await pair();
    await bothUp([first, second]);
    first.setFacts({ role: 'passive' });
    expect((await second.event('peerFacts')).peer.role).toBe('passive');
    await Promise.all(
      [first, second].map((server) => server.event('problem', ({ problem }) => problem.code === 'CHN-012')),
    );
    second.setFacts({ role: 'active' });
    await Promise.all([first, second].map((server) => server.event('cleared', ({ code }) => code === 'CHN-012')));
  });

  it('end the session where both become active, and begin again by themselves after a correction', async () => {
    const [first, second] = await pair();
    await bothUp([first, second]);
    second.setFacts({ role: 'active' });
    for (const server of [first, second]) {
      expect((await server.event('refused')).problem.code).toBe('CHN-008');
      await server.event('sessionDown');
      server.forget();
    }
    second.setFacts({ role: 'passive' });
    await bothUp([first, second]);
    expect(first.kinds()).toContain('refusalCleared');
  });

  it('refuse a server of another pair on both sides', async () => {
    const [first, second] = await pair({ second: { pairId: 'another' } });
    for (const server of [first, second]) {
      const { problem, peer } = await server.event('refused');
      expect([problem.code, peer !== null]).toEqual(['CHN-005', true]);
    }
    expect(first.kinds()).not.toContain('sessionUp');
  });

  it('warn of clocks that differ and go on', async () => {
    const first = new Server(a, b, { facts: factsOf('primary'), settings: {} });
    first.wallOffsetMs = 60_000;
    await first.channel.start();
    const second = new Server(b, a, { facts: factsOf('secondary'), settings: { peers: first.channel.listening } });
    await second.channel.start();
    await bothUp([first, second]);
    const { problem } = await second.event('problem', (event) => event.problem.code === 'CHN-011');
    expect(Math.abs(Number(problem.parameters['differenceMs']) - 60_000)).toBeLessThan(1000);
    first.wallOffsetMs = 0;
    await second.event('cleared', (event) => event.code === 'CHN-011');
  });

  it('begin a new session when the daemon of the other starts anew, with connections in both directions', async () => {
    const first = new Server(a, b, { facts: factsOf('primary'), settings: { listen: [{ ...LOOPBACK, port: 0 }] } });
    await first.channel.start();
    const second = new Server(b, a, { facts: factsOf('secondary'), settings: { peers: first.channel.listening } });
    await second.channel.start();
    await bothUp([first, second]);
    await first.channel.stop();
    await second.event('sessionDown');
    expect((await second.event('sessionDown')).reason).toBe('the other server is stopping');
    const again = new Server(a, b, {
      facts: { ...factsOf('primary'), instance: 'second run' },
      settings: {
        listen: [{ host: '127.0.0.1', port: Number(second.sockets.dialed[0]?.port) }],
        peers: second.channel.listening,
      },
    });
    second.forget();
    await again.channel.start();
    await bothUp([again, second]);
    expect((await second.event('sessionUp')).session).toBe(2);
  });
});

describe('routes', () => {
  it('let another one take over when the current one dies, without the end of the session', async () => {
    const [first, second] = await pair({ routes: 2 });
    await bothUp([first, second]);
    await second.event('status', ({ state }) => state.routes.every((route) => route.status === 'Connected'));
    const latest = second.events.filter((event) => event.kind === 'status').at(-1);
    const current = latest?.state.routes.findIndex((route) => route.isCurrent) ?? -1;
    const port = first.channel.listening[current]?.port;
    for (const server of [first, second]) server.forget();
    for (const dialed of second.sockets.dialed.filter((entry) => entry.port === port)) dialed.socket.destroy();
    expect(first.channel.sendControl(1, { type: 'in between' })).toBe(true);
    expect((await second.event('control')).message).toEqual({ type: 'in between' });
    await Promise.all([first.event('dataUp'), second.event('dataUp')]);
    await second.event('status', ({ state: now }) => now.routes.every((route) => route.status === 'Connected'));
    for (const server of [first, second]) {
      expect(server.kinds()).not.toContain('sessionDown');
      expect(server.kinds()).toContain('dataDown');
    }
  });

  it('let another one take over when the current one goes silent without closing', async () => {
    const [first, second] = await pair({ routes: 2 });
    await bothUp([first, second]);
    await second.event('status', ({ state }) => state.routes.every((route) => route.status === 'Connected'));
    const current = await second.event('status', ({ state }) => state.routes.some((route) => route.isCurrent));
    const index = current.state.routes.findIndex((route) => route.isCurrent);
    for (const server of [first, second]) server.forget();
    second.sockets.muted.add(first.channel.listening[index]?.port ?? 0);
    first.channel.sendControl(1, { type: 'one' });
    second.channel.sendControl(1, { type: 'two' });
    expect((await second.event('control')).message.type).toBe('one');
    expect((await first.event('control')).message.type).toBe('two');
    await Promise.all([first.event('dataUp'), second.event('dataUp')]);
    const lost = await second.event('status', ({ state }) => state.routes[index]?.status === 'Not connected');
    expect(lost.state.routes[1 - index]).toMatchObject({ status: 'Connected', isCurrent: true });
    for (const server of [first, second]) expect(server.kinds()).not.toContain('sessionDown');
  });

  it('lose no message, repeat none and keep their order while connections die', async () => {
    const [first, second] = await pair({ routes: 2 });
    await bothUp([first, second]);
    const numbersOf = (server: Server): unknown[] =>
      server.events.flatMap((event) => (event.kind === 'control' ? [event.message['number']] : []));
    const session = 1;
    for (let number = 0; number < 200; number += 1) {
      expect(first.channel.sendControl(session, { type: 'n', number })).toBe(true);
      expect(second.channel.sendControl(session, { type: 'n', number })).toBe(true);
      if (number % 40 === 20) {
        await second.event('status', ({ state }) => state.routes.every((route) => route.status === 'Connected'));
        const one = second.sockets.dialed.filter(
          (entry) => entry.port === first.channel.listening[(number / 20) % 2]?.port,
        );
        second.events.splice(0, second.events.length, ...second.events.filter((event) => event.kind !== 'status'));
        for (const { socket } of one) socket.destroy();
        await second.event('status', ({ state }) => state.routes.every((route) => route.status === 'Connected'));
      }
    }
    for (const server of [first, second]) {
      await server.event('control', ({ message }) => message['number'] === 199);
      expect(numbersOf(server)).toEqual(Array.from({ length: 200 }, (_, index) => index));
      expect(server.kinds()).not.toContain('sessionDown');
    }
  });

  it('are dialed again after a drop, with the channel waiting first and then told unreachable', async () => {
    const [first, second] = await pair();
    await bothUp([first, second]);
    second.forget();
    second.sockets.isCut = true;
    for (const { socket } of second.sockets.dialed) socket.destroy();
    await second.event('status', ({ state }) => state.status === 'Waiting');
    const { problem } = await second.event('problem', (event) => event.problem.code === 'CHN-003');
    expect(problem.parameters['reason']).toMatch(/refused the connection/);
    await second.event('status', ({ state }) => state.status === 'Not connected');
    second.sockets.isCut = false;
    await second.event('sessionUp', ({ session }) => session === 2);
    await second.event('cleared', ({ code }) => code === 'CHN-003');
  });
});

describe('what is not the other server', () => {
  it('is refused without its bytes being read, and both learn why', async () => {
    const first = new Server(a, b, { facts: factsOf('primary'), settings: {} });
    await first.channel.start();
    const other = new Server(stranger, a, {
      facts: factsOf('secondary'),
      settings: { peers: first.channel.listening },
    });
    await other.channel.start();
    expect((await first.event('problem')).problem.code).toBe('CHN-004');
    expect((await other.event('problem')).problem.code).toBe('CHN-004');
    expect(first.kinds()).not.toContain('sessionUp');
  });

  it('is named where a route leads to a server with another certificate', async () => {
    const first = new Server(stranger, b, { facts: factsOf('primary'), settings: {} });
    await first.channel.start();
    const second = new Server(b, a, { facts: factsOf('secondary'), settings: { peers: first.channel.listening } });
    await second.channel.start();
    expect((await second.event('problem')).problem.code).toBe('CHN-004');
  });

  it('is named where a route leads back to this server, or to a clone of it', async () => {
    const first = new Server(a, b, { facts: factsOf('primary'), settings: {} });
    await first.channel.start();
    const same = new Server(a, b, { facts: first.facts, settings: { peers: first.channel.listening } });
    await same.channel.start();
    expect((await same.event('refused')).problem.code).toBe('CHN-014');
    const facts = { ...first.facts, instance: 'of the clone' };
    const clone = new Server(a, b, { facts, settings: { peers: first.channel.listening } });
    await clone.channel.start();
    expect((await clone.event('refused')).problem.code).toBe('CHN-007');
  });

  it('is named where two machines present themselves as the other server, and the first is kept', async () => {
    const [first, second] = await pair();
    await bothUp([first, second]);
    const facts = { ...second.facts, instance: 'of the clone' };
    const clone = new Server(b, a, { facts, settings: { peers: first.channel.listening } });
    await clone.channel.start();
    for (const server of [first, clone]) await server.event('problem', ({ problem }) => problem.code === 'CHN-015');
    expect(first.kinds()).not.toContain('sessionDown');
  });

  it('does no harm with random bytes on the port', async () => {
    const [first, second] = await pair();
    await bothUp([first, second]);
    const raw = netConnect(portOf(first), '127.0.0.1');
    raw.on('error', () => {});
    raw.resume();
    const random = seededRandom(7);
    raw.write(Buffer.from(Array.from({ length: 4096 }, () => Math.floor(random() * 256))));
    expect((await first.event('problem')).problem.code).toBe('CHN-013');
    first.channel.sendControl(1, { type: 'still here' });
    await second.event('control');
  });

  it('is dropped when it announces a huge frame, sends nonsense, or stops mid-frame', async () => {
    const first = new Server(a, b, { facts: factsOf('primary'), settings: {} });
    await first.channel.start();
    for (const bytes of [
      Buffer.from([0xff, 0xff, 0xff, 0xff, 1]),
      Buffer.from([0, 0, 0, 3, 0xdd, 0xff, 0xff]),
      Buffer.from([0, 0, 0, 0]),
      Buffer.from([0, 0, 0, 9, 1]),
    ]) {
      const socket = await dialRaw(portOf(first), b, CONTROL_PROTOCOL);
      socket.onData(() => {});
      const closed = new Promise((resolve) => socket.onClose(resolve));
      socket.write(bytes);
      await closed;
    }
    expect(first.events.filter((event) => event.kind === 'problem').map((event) => event.problem.code)).toContain(
      'CHN-013',
    );
    const second = new Server(b, a, { facts: factsOf('secondary'), settings: { peers: first.channel.listening } });
    await second.channel.start();
    await bothUp([first, second]);
  });

  it('that comes to pair is handed on, or dropped where nobody waits for it', async () => {
    const handed: SecureSocket[] = [];
    const onPairing = (socket: SecureSocket): void => {
      handed.push(socket);
      socket.write(Buffer.from('x'));
      socket.onData(() => {});
    };
    const first = new Server(a, b, { facts: factsOf('primary'), settings: {}, onPairing });
    const without = new Server(a, b, { facts: factsOf('primary'), settings: {} });
    await Promise.all([first.channel.start(), without.channel.start()]);
    const socket = await dialRaw(portOf(first), stranger, PAIRING_PROTOCOL);
    await new Promise((resolve) => socket.onData(resolve));
    expect(handed[0]?.peerFingerprint).toBe(stranger.fingerprint);
    socket.destroy();
    const dropped = await dialRaw(portOf(without), stranger, PAIRING_PROTOCOL);
    dropped.onData(() => {});
    await new Promise((resolve) => dropped.onClose(resolve));
  });
});

it('names an address in use', async () => {
  const first = new Server(a, b, { facts: factsOf('primary'), settings: {} });
  await first.channel.start();
  const second = new Server(b, a, { facts: factsOf('secondary'), settings: { listen: first.channel.listening } });
  await expect(second.channel.start()).rejects.toSatisfy((error) => isProblem(error, 'CHN-001'));
});
