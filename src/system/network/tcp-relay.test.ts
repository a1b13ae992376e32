import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TcpRelay } from './tcp-relay.ts';

let echo: Server;
let relay: TcpRelay;
const sockets: Socket[] = [];

beforeEach(async () => {
  echo = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  relay = await TcpRelay.open({ host: '127.0.0.1', port: echoPort() });
});

afterEach(async () => {
  await relay.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((done) => echo.close(done));
});

function echoPort(): number {
  return (echo.address() as { port: number }).port;
}

async function connected(): Promise<Socket> {
  const socket = createConnection(relay.address);
  socket.on('error', () => socket.destroy());
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

async function echoed(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString();
}

/** Not by `once` of node:events, which would fail at the reset that comes first. */
function closing(socket: Socket): Promise<void> {
  return new Promise((done) => socket.once('close', () => done()));
}

it('passes bytes on in both directions', async () => {
  const socket = await connected();
  expect(await echoed(socket, 'hello')).toBe('hello');
});

it('is silent while cut, refuses nobody, and passes on after it was restored', async () => {
  const before = await connected();
  expect(await echoed(before, 'one')).toBe('one');
  relay.cut();
  let heard = '';
  before.on('data', (data: Buffer) => (heard += data.toString()));
  before.write('two');
  const during = await connected();
  during.on('data', (data: Buffer) => (heard += data.toString()));
  during.write('three');
  // Through the echo server itself, so that what was written had time to come back.
  const direct = createConnection(echoPort(), '127.0.0.1');
  sockets.push(direct);
  expect(await echoed(direct, 'direct')).toBe('direct');
  expect({ heard, before: before.destroyed, during: during.destroyed }).toEqual({
    heard: '',
    before: false,
    during: false,
  });
  const closed = Promise.all([closing(before), closing(during)]);
  relay.restore();
  await closed;
  expect(await echoed(await connected(), 'four')).toBe('four');
  expect(heard).toBe('');
});

it('ends one side when the other ends', async () => {
  const socket = await connected();
  await echoed(socket, 'x');
  const closed = closing(socket);
  for (const other of sockets) if (other !== socket) other.destroy();
  await closed;
});
