import { connect as netConnect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import type { SecureSocket } from '../kernel/sockets.ts';
import type { CreatedCertificate } from '../system/network/certificates.ts';
import { tlsSockets } from '../system/network/tls-sockets.ts';
import { factsOf } from './facts.testing.ts';
import { CONTROL_PROTOCOL, PAIRING_PROTOCOL } from './framing.ts';
import { bothUp, pair, PRIMARY, SECONDARY, Server, stopAll, STRANGER } from './two-servers.testing.ts';

afterEach(stopAll);

function dialRaw(port: number, as: CreatedCertificate, protocol: string): Promise<SecureSocket> {
  return new Promise((resolve, reject) => {
    const credentials = { key: as.key, certificate: as.certificate, trusted: [PRIMARY.certificate] };
    tlsSockets.connect({ host: '127.0.0.1', port }, { credentials, protocol, timeoutMs: 60_000 }, (result) =>
      'socket' in result ? resolve(result.socket) : reject(result.error),
    );
  });
}

function portOf(server: Server): number {
  return server.channel.listening[0]?.port ?? 0;
}

describe('what is not the other server', () => {
  it('is refused without its bytes being read, and both learn why', async () => {
    const first = new Server(PRIMARY, SECONDARY, { facts: factsOf('primary'), settings: {} });
    await first.channel.start();
    const other = new Server(STRANGER, PRIMARY, {
      facts: factsOf('secondary'),
      settings: { peers: first.channel.listening },
    });
    await other.channel.start();
    expect((await first.event('problem')).problem.code).toBe('CHN-004');
    expect((await other.event('problem')).problem.code).toBe('CHN-004');
    expect(first.kinds()).not.toContain('sessionUp');
  });

  it('is forgotten as soon as the other server itself comes from there', async () => {
    const first = new Server(PRIMARY, SECONDARY, { facts: factsOf('primary'), settings: {} });
    await first.channel.start();
    const settings = { peers: first.channel.listening };
    const before = new Server(STRANGER, PRIMARY, { facts: factsOf('secondary'), settings });
    await before.channel.start();
    await first.event('problem', ({ key }) => key === 'stranger 127.0.0.1');
    await before.channel.stop();
    const mended = new Server(SECONDARY, PRIMARY, { facts: factsOf('secondary'), settings });
    await mended.channel.start();
    await first.event('cleared', ({ key, code }) => key === 'stranger 127.0.0.1' && code === 'CHN-004');
    await bothUp([first, mended]);
  });

  it('is over on every route as soon as the two meet on another', async () => {
    // Whoever only waits for the next try waits for good.
    const retries = { retryMs: 600_000, retryMsMax: 600_000, refusedRetryMsMax: 600_000 };
    const before = new Server(SECONDARY, STRANGER, { facts: factsOf('secondary'), settings: {} });
    await before.channel.start();
    const listen = [...before.channel.listening];
    const first = new Server(PRIMARY, SECONDARY, {
      facts: factsOf('primary'),
      settings: { ...retries, peers: listen },
    });
    await first.channel.start();
    const { key } = await first.event('problem', ({ problem }) => problem.code === 'CHN-004');
    expect(key).toBe(`route 127.0.0.1:${String(listen[0]?.port)}`);
    await before.channel.stop();
    const mended = new Server(SECONDARY, PRIMARY, {
      facts: factsOf('secondary'),
      settings: { listen, peers: first.channel.listening },
    });
    await mended.channel.start();
    await first.event('cleared', (event) => event.key === key);
  });

  it('is named where a route leads to a server with another certificate', async () => {
    const first = new Server(STRANGER, SECONDARY, { facts: factsOf('primary'), settings: {} });
    await first.channel.start();
    const second = new Server(SECONDARY, PRIMARY, {
      facts: factsOf('secondary'),
      settings: { peers: first.channel.listening },
    });
    await second.channel.start();
    expect((await second.event('problem')).problem.code).toBe('CHN-004');
  });

  it('is named where a route leads back to this server, or to a clone of it', async () => {
    const first = new Server(PRIMARY, SECONDARY, { facts: factsOf('primary'), settings: {} });
    await first.channel.start();
    const same = new Server(PRIMARY, SECONDARY, { facts: first.facts, settings: { peers: first.channel.listening } });
    await same.channel.start();
    expect((await same.event('refused')).problem.code).toBe('CHN-014');
    const facts = { ...first.facts, instance: 'of the clone' };
    const clone = new Server(PRIMARY, SECONDARY, { facts, settings: { peers: first.channel.listening } });
    await clone.channel.start();
    expect((await clone.event('refused')).problem.code).toBe('CHN-007');
  });

  it('is named where two machines present themselves as the other server, and the first is kept', async () => {
    const [first, second] = await pair({ settings: { lostAfterMs: 1_000 } });
    await bothUp([first, second]);
    const facts = { ...second.facts, instance: 'of the clone' };
    const clone = new Server(SECONDARY, PRIMARY, {
      facts,
      settings: { lostAfterMs: 1_000, peers: first.channel.listening },
    });
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
    const first = new Server(PRIMARY, SECONDARY, { facts: factsOf('primary'), settings: { greetingMs: 1_000 } });
    await first.channel.start();
    for (const bytes of [
      Buffer.from([0xff, 0xff, 0xff, 0xff, 1]),
      Buffer.from([0, 0, 0, 3, 0xdd, 0xff, 0xff]),
      Buffer.from([0, 0, 0, 0]),
      Buffer.from([0, 0, 0, 9, 1]),
    ]) {
      const socket = await dialRaw(portOf(first), SECONDARY, CONTROL_PROTOCOL);
      socket.onData(() => {});
      const closed = new Promise((resolve) => socket.onClose(resolve));
      socket.write(bytes);
      await closed;
    }
    expect(first.events.filter((event) => event.kind === 'problem').map((event) => event.problem.code)).toContain(
      'CHN-013',
    );
    const second = new Server(SECONDARY, PRIMARY, {
      facts: factsOf('secondary'),
      settings: { peers: first.channel.listening },
    });
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
    const first = new Server(PRIMARY, SECONDARY, { facts: factsOf('primary'), settings: {}, onPairing });
    const without = new Server(PRIMARY, SECONDARY, { facts: factsOf('primary'), settings: {} });
    await Promise.all([first.channel.start(), without.channel.start()]);
    const socket = await dialRaw(portOf(first), STRANGER, PAIRING_PROTOCOL);
    await new Promise((resolve) => socket.onData(resolve));
    expect(handed[0]?.peerFingerprint).toBe(STRANGER.fingerprint);
    socket.destroy();
    const dropped = await dialRaw(portOf(without), STRANGER, PAIRING_PROTOCOL);
    dropped.onData(() => {});
    await new Promise((resolve) => dropped.onClose(resolve));
  });
});
