import type { JoinRequest } from '../api/pairing.ts';
import type { LocalHttp } from '../kernel/local-http.ts';
import type { Terminal } from '../kernel/terminal.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { Problem } from '../problems/problem.ts';
import type { CliDoors } from './doors.ts';

type Answers = Record<string, (request: unknown) => object[]>;

/** A machine of plain objects: a terminal that keeps what is printed, files in a map, a daemon of fixed answers. */
export function doubles(answers: Answers = {}, typed: string[] | null = null) {
  const printed = { out: '', error: '' };
  const files = new Map([['/etc/understudy/server.yaml', 'identity: primary\n']]);
  const asked: [string, string, unknown][] = [];
  const joined: JoinRequest[] = [];
  const handedOn: unknown[] = [];
  const terminal: Terminal = {
    outIsScreen: false,
    errorIsScreen: false,
    canAsk: typed !== null,
    colour: false,
    size: () => ({ columns: 80, rows: 24 }),
    out: (text) => void (printed.out += text),
    error: (text) => void (printed.error += text),
    ask: async () => typed?.shift() ?? null,
    onInterrupt: () => () => undefined,
  };
  const http: LocalHttp = {
    serve: () => Promise.reject(new Error('not part of this test')),
    async post(socket, { path, body }) {
      const request: unknown = JSON.parse(body);
      const answer = answers[path.replace('/v1/', '')];
      if (answer === undefined) throw new Problem('CLI-001', { socket, reason: 'nobody listens there' });
      asked.push([socket, path, request]);
      const lines = answer(request).map((line) => JSON.stringify(line));
      return {
        status: 200,
        lines: (async function* () {
          yield* lines;
        })(),
      };
    },
  };
  const handOn = async (options: unknown): Promise<number> => {
    handedOn.push(options);
    return 0;
  };
  const doors: CliDoors = {
    terminal,
    http,
    files: {
      read: async (file) => files.get(file) ?? null,
      exists: async (file) => files.has(file),
      names: async (folder) => {
        const below = [...files.keys()].filter((file) => file.startsWith(`${folder}/`));
        return [...new Set(below.map((file) => file.slice(folder.length + 1).split('/')[0] ?? ''))].sort();
      },
      write: async (file, content) => void files.set(file, String(content)),
    },
    clock: { monotonicMs: () => 0 as MonotonicMs, wallMs: () => 0 as WallMs },
    timers: { after: () => () => undefined, every: () => () => undefined },
    pairing: {
      async *invite() {
        yield { kind: 'token', token: 'TOKEN-1', expiresAt: '2026-01-01T00:15:00Z' };
        yield { kind: 'done', peerAddress: '10.0.0.2:57348' };
      },
      async join(request) {
        joined.push(request);
        return { pair: 'shop', identity: 'secondary', peerAddress: '10.0.0.1:57348', filesWritten: [] };
      },
    },
    preflight: async () => ({ findings: [], servers: ['primary'] }),
    collect: async () => ({ servers: [{ server: 'primary', files: [{ name: 'versions.txt', text: 'one' }] }] }),
    runDaemon: handOn,
    releaseServices: async () => [],
    runDemo: handOn,
    version: '1.2.3',
    workingDirectory: '/home/me',
  };
  return { doors, files, asked, joined, handedOn, out: () => printed.out, error: () => printed.error };
}
