import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiClient, SOCKET_NAME } from '../api/client.ts';
import type { Handlers } from '../api/requests.ts';
import type { LocalServer } from '../kernel/local-http.ts';
import type { Log } from '../kernel/log.ts';
import { Problem } from '../problems/problem.ts';
import { localHttp, unanswered } from '../system/network/local-http.ts';
import { serveApi } from './api-server.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const refuse = () => {
  throw new Error('not part of this test');
};
const refusing = {
  status: refuse,
  check: refuse,
  files: refuse,
  diff: refuse,
  findings: refuse,
  preflight: refuse,
  collect: refuse,
  fix: refuse,
  events: refuse,
  quarantineList: refuse,
  quarantineRestore: refuse,
  quarantinePurge: refuse,
  invite: refuse,
  pause: refuse,
  resume: refuse,
  snapshots: refuse,
  snapshotTake: refuse,
  servicesPlan: refuse,
  servicesAdopt: refuse,
  servicesRelease: refuse,
  pairSettings: refuse,
} satisfies Handlers;

let folder: string;
let socket: string;
const servers: LocalServer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'api-'));
  socket = join(folder, SOCKET_NAME);
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(handlers: Partial<Handlers>, at = socket): Promise<ApiClient> {
  servers.push(await serveApi({ http: localHttp, socket: at, handlers: { ...refusing, ...handlers }, log: silent }));
  return new ApiClient(localHttp, at);
}

async function post(path: string, body: string): Promise<{ status: number; lines: string[] }> {
  const response = await localHttp.post(socket, { path, body, timeoutMs: 60_000 });
  const lines: string[] = [];
  for await (const line of response.lines) lines.push(line);
  return { status: response.status, lines };
}

describe('a call', () => {
  test('reaches its handler with defaults filled in and comes back', async () => {
    const client = await serve({
      files: async (request) => ({
        items: [{ path: JSON.stringify(request), type: 'file', status: 'Unchecked', since: null, reason: null }],
        next: null,
        fileSystem: 'Unchecked',
        registry: 'Not protected',
        itemsUnchecked: 1,
        channel: 'Connected',
        changesWaiting: 0,
      }),
    });
    const answer = await client.call('files', { limit: 5 });
    expect(answer.items[0]?.path).toBe('{"outOfSync":false,"limit":5}');
  });

  test('that fails with a problem fails with the same problem at the caller', async () => {
    const client = await serve({
      fix: async ({ id }) => {
        throw new Problem('CLI-003', { what: 'finding', name: id, list: 'findings' });
      },
    });
    await expect(client.call('fix', { id: 'abc' })).rejects.toMatchObject({
      code: 'CLI-003',
      message: 'There is no finding abc.',
    });
  });

  test('that fails by a bug says so without stopping the server', async () => {
    const client = await serve({ findings: async () => ({ findings: [] }) });
    await expect(client.call('pairSettings', {})).rejects.toMatchObject({ code: 'CLI-005' });
    await expect(client.call('findings', {})).resolves.toEqual({ findings: [] });
  });

  test('is refused where it is unknown, malformed, of a wrong form or too long', async () => {
    await serve({});
    for (const [path, body, status] of [
      ['/v1/nothing', '{}', 404],
      ['/', '{}', 404],
      ['/v1/toString', '{}', 404],
      ['/v1/files', '{', 400],
      ['/v1/files', '{"limit":0}', 400],
      ['/v1/files', '{"limit":1,"more":1}', 400],
      ['/v1/files', `{"after":"${'x'.repeat(70_000)}"}`, 413],
    ] as const) {
      const answer = await post(path, body);
      expect([path, answer.status]).toEqual([path, status]);
      expect(JSON.parse(answer.lines[0] ?? '')).toMatchObject({ problem: { code: 'CLI-002' } });
    }
  });
});

describe('a stream', () => {
  const progress = (itemsDone: number) => ({
    kind: 'progress' as const,
    progress: {
      kind: 'full' as const,
      itemsDone,
      itemsTotal: 3,
      bytesDone: 0,
      bytesTotal: 0,
      bytesPerSecond: 0,
      remainingMs: null,
    },
  });

  test('hands over part after part', async () => {
    const client = await serve({
      async *check() {
        for (let items = 0; items < 200; items += 1) yield progress(items);
      },
    });
    let count = 0;
    for await (const part of client.stream('check', {})) {
      if (part.kind === 'progress') expect(part.progress.itemsDone).toBe(count);
      count += 1;
    }
    expect(count).toBe(200);
  });

  test('that fails half way hands over the problem', async () => {
    const client = await serve({
      async *check() {
        yield progress(1);
        throw new Problem('IDN-001', {});
      },
    });
    const follow = async () => {
      for await (const part of client.stream('check', {})) expect(part).toMatchObject({ kind: 'progress' });
    };
    await expect(follow()).rejects.toMatchObject({ code: 'IDN-001' });
  });

  test('tells its handler when the caller leaves', async () => {
    const left = Promise.withResolvers<void>();
    const client = await serve({
      async *check(_request, { signal }) {
        signal.addEventListener('abort', () => left.resolve());
        yield progress(1);
        await left.promise;
      },
    });
    for await (const _part of client.stream('check', {})) break;
    await left.promise;
  });

  test('is not mistaken for complete when the server closes meanwhile', async () => {
    const client = await serve({
      async *check(_request, { signal }) {
        yield progress(1);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    });
    const follow = async () => {
      for await (const _part of client.stream('check', {})) await servers.splice(0)[0]?.close();
    };
    await expect(follow()).rejects.toMatchObject({ code: 'CLI-012' });
  });
});

describe('the socket', () => {
  test('is for its user only, and gone after the end', async () => {
    await serve({});
    expect(lstatSync(socket).mode & 0o777).toBe(0o600);
    await servers.splice(0)[0]?.close();
    expect(existsSync(socket)).toBe(false);
    await expect(new ApiClient(localHttp, socket).call('findings', {})).rejects.toMatchObject({ code: 'CLI-001' });
  });

  test.each(['EACCES', 'EPERM'])('that this user may not open (%s) does not mean that no daemon runs', (code) => {
    const refusal = Object.assign(new Error('refused'), { code });
    expect(unanswered('/s', refusal).code).toBe('CLI-015');
    const onTheWay = new Problem('CLI-013', { socket: '/s', reason: 'refused' }, { cause: refusal });
    expect(unanswered('/s', onTheWay).code).toBe('CLI-015');
    expect(unanswered('/s', Object.assign(new Error('none'), { code: 'ENOENT' })).code).toBe('CLI-001');
  });

  test('of a running daemon is not taken over', async () => {
    const client = await serve({ findings: async () => ({ findings: [] }) });
    await expect(serve({})).rejects.toMatchObject({ code: 'CLI-004' });
    await expect(client.call('findings', {})).resolves.toEqual({ findings: [] });
  });

  test('left over from a killed daemon is replaced', async () => {
    await leaveSocketBehind(socket);
    expect(existsSync(socket)).toBe(true);
    const client = await serve({ findings: async () => ({ findings: [] }) });
    await expect(client.call('findings', {})).resolves.toEqual({ findings: [] });
  });

  test('never replaces a file that is no socket', async () => {
    writeFileSync(socket, 'mine');
    await expect(serve({})).rejects.toMatchObject({ code: 'CLI-013' });
    expect(existsSync(socket)).toBe(true);
  });

  test('works below a path longer than a socket address holds', async () => {
    const deep = join(folder, 'x'.repeat(120));
    mkdirSync(deep);
    const client = await serve({ findings: async () => ({ findings: [] }) }, join(deep, SOCKET_NAME));
    await expect(client.call('findings', {})).resolves.toEqual({ findings: [] });
    expect(lstatSync(join(deep, SOCKET_NAME)).mode & 0o777).toBe(0o600);
  });
});

/** Closing a server removes its socket, so the file is given another name meanwhile, as a kill would leave it. */
async function leaveSocketBehind(path: string): Promise<void> {
  const { linkSync } = await import('node:fs');
  const other = `${path}-old`;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(other, resolve));
  linkSync(other, path);
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
