import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { lookAtWay } from './way-look.ts';

let server: Server | null = null;

afterEach(() => {
  server?.close();
  server = null;
});

async function listening(onConnection: (socket: Socket) => void): Promise<number> {
  const made = createServer(onConnection);
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return (made.address() as { port: number }).port;
}

const look = (host: string, port: number, otherPorts: readonly number[] = []) =>
  lookAtWay({ target: { host, port }, otherPorts, ownPorts: [] });

it('tells a port that is open from one at which nothing listens, and finds the open one beside it', async () => {
  const port = await listening((socket) => socket.on('error', () => {}));
  expect((await look('127.0.0.1', port)).port).toEqual({ kind: 'accepted', said: '' });
  const facts = await look('127.0.0.1', 1, [2, port]);
  expect(facts).toMatchObject({ port: { kind: 'refused' }, otherPorts: [port], route: { kind: 'own' } });
  expect(facts.own).toContainEqual({ interface: 'lo', address: '127.0.0.1', prefixLength: 8, isUp: true });
});

it('says that a name does not resolve', async () => {
  expect((await look('no-such-name.invalid', 1)).resolved).toHaveProperty('failure');
});
