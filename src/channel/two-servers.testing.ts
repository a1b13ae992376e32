import { ownMemory } from '../kernel/frame-memory.ts';
import type { Clock, Timers } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { seededRandom } from '../kernel/random.ts';
import type { Address, SecureSocket, Sockets } from '../kernel/sockets.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { createCertificate } from '../system/network/certificates.ts';
import type { CreatedCertificate } from '../system/network/certificates.ts';
import { tlsSockets } from '../system/network/tls-sockets.ts';
import { zstd } from '../system/files/zstd.ts';
import { Channel } from './channel.ts';
import type { ChannelEvent } from './channel-event.ts';
import { CHANNEL_DEFAULTS } from './channel-settings.ts';
import type { ChannelSettings } from './channel-settings.ts';
import { factsOf } from './facts.testing.ts';
import type { OwnFacts } from './hello.ts';

/** Quick where that is asked of the other end. What ends by a limit has one that a busy machine does not reach. */
const QUICK = {
  ...CHANNEL_DEFAULTS,
  heartbeatMs: 40,
  lostAfterMs: 60_000,
  waitMs: 60_000,
  connectMs: 60_000,
  retryMs: 20,
  retryMsMax: 60,
  refusedRetryMsMax: 60,
  greetingMs: 60_000,
  stateDirectory: '/var/lib/understudy',
};
export const LOOPBACK: Address = { host: '127.0.0.1', port: 0 };
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
    const writeOne = socket.write.bind(socket);
    socket.write = (data, onDone) => this.muted.has(port) || writeOne(data, onDone);
    const onData = socket.onData.bind(socket);
    socket.onData = (action) => onData((data) => this.muted.has(port) || action(data));
  }
}

/** One server of a pair on this machine, with everything its channel told. */
export class Server {
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
      frameMemory: ownMemory,
      compression: zstd,
      busyShare: () => 0,
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

/** Certificates of the Primary, of the Secondary, and of a machine that belongs to neither. */
export const [PRIMARY, SECONDARY, STRANGER] = await Promise.all([
  createCertificate('primary'),
  createCertificate('secondary'),
  createCertificate('stranger'),
]);

/** Stops every channel that a test started. */
export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((channel) => channel.stop()));
}

/** The Primary listens (on two addresses where asked), the Secondary dials. */
export async function pair(
  options: { routes?: 1 | 2; second?: Partial<OwnFacts>; settings?: Partial<ChannelSettings> } = {},
): Promise<[Server, Server]> {
  const listen = options.routes === 2 ? [LOOPBACK, SECOND_LOOPBACK] : [LOOPBACK];
  const first = new Server(PRIMARY, SECONDARY, {
    facts: factsOf('primary'),
    settings: { ...options.settings, listen },
  });
  await first.channel.start();
  const facts = { ...factsOf('secondary'), ...options.second };
  const settings = { ...options.settings, peers: first.channel.listening };
  const second = new Server(SECONDARY, PRIMARY, { facts, settings });
  await second.channel.start();
  return [first, second];
}

/** Until each has its session and its data connection. */
export async function bothUp(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.flatMap((server) => [server.event('sessionUp'), server.event('dataUp')]));
}
