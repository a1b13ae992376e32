import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { expect, it } from 'vitest';
import { healthLooks, usedIn } from './health-looks.ts';

const WAIT_MS = 60_000;
/** Nobody gets it by asking for any port that is free. */
const UNUSED_PORT = 1;

async function listening(server: Server): Promise<{ readonly port: number } & AsyncDisposable> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> => new Promise((done) => server.close(() => done()));
  return { port, [Symbol.asyncDispose]: close };
}

it.each([
  [200, true],
  [302, true],
  [404, false],
  [503, false],
])('asks over HTTP: the status %i is good: %s', async (status, isGood) => {
  const answer: RequestListener = (_request, response) => response.writeHead(status).end('x'.repeat(100_000));
  await using server = await listening(createServer(answer));
  const found = await healthLooks.http(`http://127.0.0.1:${server.port}/`, WAIT_MS);
  expect(found).toEqual({ isGood, detail: `the status ${status}` });
});

it('says why nothing answers, and waits no longer than it may', async () => {
  const held = new Set<{ destroy(): void }>();
  const silent = createTcpServer((socket) => void held.add(socket));
  await using server = await listening(silent);
  const url = `http://127.0.0.1:${server.port}/`;
  expect(await healthLooks.http(url, 200)).toEqual({ isGood: false, detail: 'no answer within 0.2 s' });
  expect(await healthLooks.tcp('127.0.0.1', server.port, WAIT_MS)).toEqual({ isGood: true, detail: 'a connection' });
  for (const socket of held) socket.destroy();
  const refused = { isGood: false, detail: 'nobody listens there' };
  expect(await healthLooks.tcp('127.0.0.1', UNUSED_PORT, WAIT_MS)).toEqual(refused);
  expect(await healthLooks.http(`http://127.0.0.1:${UNUSED_PORT}/`, WAIT_MS)).toEqual(refused);
  expect(await healthLooks.tcp('127.0.0.1', 99_999, WAIT_MS)).toMatchObject({ isGood: false });
});

it('measures the machine', async () => {
  for (const value of [await healthLooks.diskUsed('/'), healthLooks.memoryUsed()]) {
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThanOrEqual(100);
  }
  expect(healthLooks.loadPerProcessor()).toBeGreaterThanOrEqual(0);
  expect(await healthLooks.diskUsed('/there/is/nothing')).toBeNull();
  expect(usedIn('MemTotal:  1000 kB\nMemFree:  10 kB\nMemAvailable:  250 kB\n')).toBe(75);
  expect(usedIn('')).toBeNull();
});
