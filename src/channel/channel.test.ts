import { afterEach, describe, expect, it } from 'vitest';
import { ownMemory } from '../kernel/frame-memory.ts';
import { isProblem } from '../problems/problem.ts';
import { factsOf } from './facts.testing.ts';
import { bothUp, LOOPBACK, pair, PRIMARY, SECONDARY, Server, stopAll } from './two-servers.testing.ts';

afterEach(stopAll);

const nothing = (): void => {};

function frameOf(content: Uint8Array): Uint8Array {
  const frame = ownMemory.take(content.length);
  frame.set(content);
  return frame;
}

/** Resolves when the frame is given back, which may be after it has come to the other end. */
function sendOn({ channel }: Server, content: Uint8Array, onDone: () => void): Promise<void> {
  return new Promise((resolve) => {
    channel.sendData(1, frameOf(content), () => {
      onDone();
      resolve();
    });
  });
}

describe('two servers of one pair', () => {
  it('meet, exchange facts, and carry messages and data both ways', async () => {
    const [first, second] = await pair();
    const [up] = await Promise.all([first.event('sessionUp'), second.event('sessionUp')]);
    expect(up).toMatchObject({ session: 1, version: 6, peer: { identity: 'secondary', role: 'passive' } });
    const { connection } = await second.event('dataUp');
    await first.event('dataUp');
    expect(first.channel.sendControl(1, { type: 'check', paths: ['/srv'] })).toBe(true);
    expect((await second.event('control')).message).toEqual({ type: 'check', paths: ['/srv'] });
    second.channel.sendControl(1, { type: 'answer' });
    expect((await first.event('control')).message).toEqual({ type: 'answer' });
    const sent = new Promise<void>((done) => {
      second.channel.sendData(connection, frameOf(Buffer.from('a frame')), done);
    });
    expect(Buffer.from((await first.event('data')).frame).toString()).toBe('a frame');
    await sent;
    const big = Buffer.alloc(1024 * 1024, 7);
    first.channel.sendData(1, frameOf(big), nothing);
    expect(Buffer.compare((await second.event('data')).frame, big)).toBe(0);
    const measured = await second.event('status', ({ state }) => state.routes[0]?.roundTripMs !== null);
    expect(measured.state).toMatchObject({ status: 'Connected', routes: [{ status: 'Connected', isCurrent: true }] });
  });

  it('carry data with a release that speaks protocol version 1 only, as it is', async () => {
    const [first, second] = await pair({ second: { protocol: { min: 1, max: 1 } } });
    await bothUp([first, second]);
    expect(await first.event('sessionUp')).toMatchObject({ version: 1 });
    const content = Buffer.alloc(1024 * 1024, 'the same again');
    let done = 0;
    const given = Array.from({ length: 8 }, () => sendOn(first, content, () => (done += 1)));
    await second.event('data', () => second.events.filter((event) => event.kind === 'data').length === 8);
    const frames = second.events.filter((event) => event.kind === 'data');
    expect(frames.every((event) => Buffer.compare(event.frame, content) === 0)).toBe(true);
    await Promise.all(given);
    expect(done).toBe(8);
  });

  it('compress what they send while the rate is bounded, and give each frame back once', async () => {
    const [first, second] = await pair();
    await bothUp([first, second]);
    first.channel.limitData(256 * 1024);
    let done = 0;
    const frames = Array.from({ length: 40 }, (_, number) => Buffer.alloc(64 * 1024, `frame ${number} `));
    const given = frames.map((frame) => sendOn(first, frame, () => (done += 1)));
    await first.event('status', ({ state }) => state.data.compressing);
    await second.event('data', () => second.events.filter((event) => event.kind === 'data').length === frames.length);
    const came = second.events.filter((event) => event.kind === 'data');
    for (const [number, frame] of frames.entries()) {
      expect(Buffer.compare((came[number] as { frame: Uint8Array }).frame, frame)).toBe(0);
    }
    await Promise.all(given);
    expect(done).toBe(frames.length);
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
    // A channel with other certificates may take its place, and knows nothing of this refusal.
    await first.channel.stop();
    expect(first.kinds()).toContain('refusalCleared');
  });

  it('warn of clocks that differ and go on', async () => {
    const first = new Server(PRIMARY, SECONDARY, { facts: factsOf('primary'), settings: {} });
    first.wallOffsetMs = 60_000;
    await first.channel.start();
    const second = new Server(SECONDARY, PRIMARY, {
      facts: factsOf('secondary'),
      settings: { peers: first.channel.listening },
    });
    await second.channel.start();
    await bothUp([first, second]);
    const { problem } = await second.event('problem', (event) => event.problem.code === 'CHN-011');
    expect(Math.abs(Number(problem.parameters['differenceMs']) - 60_000)).toBeLessThan(10_000);
    first.wallOffsetMs = 0;
    await second.event('cleared', (event) => event.code === 'CHN-011');
  });

  it('begin a new session when the daemon of the other starts anew, with connections in both directions', async () => {
    const first = new Server(PRIMARY, SECONDARY, {
      facts: factsOf('primary'),
      settings: { listen: [{ ...LOOPBACK, port: 0 }] },
    });
    await first.channel.start();
    const second = new Server(SECONDARY, PRIMARY, {
      facts: factsOf('secondary'),
      settings: { peers: first.channel.listening },
    });
    await second.channel.start();
    await bothUp([first, second]);
    await first.channel.stop();
    await second.event('sessionDown');
    expect((await second.event('sessionDown')).reason).toBe('the other server is stopping');
    const again = new Server(PRIMARY, SECONDARY, {
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

it('names an address in use', async () => {
  const first = new Server(PRIMARY, SECONDARY, { facts: factsOf('primary'), settings: {} });
  await first.channel.start();
  const second = new Server(SECONDARY, PRIMARY, {
    facts: factsOf('secondary'),
    settings: { listen: first.channel.listening },
  });
  await expect(second.channel.start()).rejects.toSatisfy((error) => isProblem(error, 'CHN-001'));
});
