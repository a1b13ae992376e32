import { afterEach, describe, expect, it } from 'vitest';
import { factsOf } from './facts.testing.ts';
import { bothUp, pair, PRIMARY, SECONDARY, Server, stopAll } from './two-servers.testing.ts';

/** Long enough that the route that is well is not lost with the other one on a busy machine. */
const LOST_AFTER_MS = 1_000;

afterEach(stopAll);

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
    const [first, second] = await pair({ routes: 2, settings: { lostAfterMs: LOST_AFTER_MS } });
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

  it('end the session when the last one falls silent before the Primary named it current', async () => {
    const [first, second] = await pair({ routes: 2, settings: { lostAfterMs: LOST_AFTER_MS } });
    await bothUp([first, second]);
    await second.event('status', ({ state }) => state.routes.every((route) => route.status === 'Connected'));
    const latest = second.events.filter((event) => event.kind === 'status').at(-1);
    const current = latest?.state.routes.findIndex((route) => route.isCurrent) ?? -1;
    second.sockets.isCut = true;
    for (const { port } of first.channel.listening) second.sockets.muted.add(port);
    const { port } = first.channel.listening[current] ?? {};
    for (const dialed of second.sockets.dialed.filter((entry) => entry.port === port)) dialed.socket.destroy();
    await Promise.all([first, second].map((server) => server.event('sessionDown')));
    await second.event('status', ({ state }) => state.status === 'Not connected');
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

  it('that lead nowhere are told when the other server stays away, not before it had time to come', async () => {
    const first = new Server(PRIMARY, SECONDARY, { facts: factsOf('primary'), settings: {} });
    await first.channel.start();
    const settings = { peers: first.channel.listening, waitMs: 60_000 };
    const patient = new Server(SECONDARY, PRIMARY, { facts: factsOf('secondary'), settings });
    const other = new Server(SECONDARY, PRIMARY, {
      facts: factsOf('secondary'),
      settings: { ...settings, waitMs: 50 },
    });
    for (const server of [patient, other]) {
      server.sockets.isCut = true;
      await server.channel.start();
      const failed = await server.event('status', ({ state }) => state.routes.some(({ reason }) => reason !== null));
      expect(failed.state.status).toBe('Not connected');
    }
    expect((await other.event('problem')).problem.code).toBe('CHN-003');
    await other.channel.stop();
    patient.sockets.isCut = false;
    await patient.event('sessionUp');
    expect(patient.kinds()).not.toContain('problem');
  });

  it('are dialed again after a drop, with the channel waiting first and then told unreachable', async () => {
    const [first, second] = await pair({ settings: { waitMs: 300 } });
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
