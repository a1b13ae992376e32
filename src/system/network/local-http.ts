import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { LocalAnswer, LocalHttp, LocalRequest, LocalResponse, LocalServer } from '../../kernel/local-http.ts';
import { Problem } from '../../problems/problem.ts';
import { type Reach, reachOf, reasonOf } from './socket-reach.ts';

const PROBE_MS = 2_000;
const REQUEST_MS = 30_000;
const CONNECTIONS_MAX = 64;
const LINE_BYTES_MAX = 32 * 1024 * 1024;

type Answer = (request: LocalRequest) => Promise<LocalAnswer>;

/** HTTP over a Unix socket, by node:http. */
export const localHttp: LocalHttp = {
  async serve(socket, options, answer) {
    const reach = reachOf(socket);
    try {
      await removeLeftOver(socket, reach.path);
      return await listen(socket, reach, { bodyBytesMax: options.bodyBytesMax, answer });
    } catch (error) {
      reach.release();
      if (error instanceof Problem) throw error;
      throw new Problem('CLI-013', { socket, reason: reasonOf(error) }, { cause: error });
    }
  },

  async post(socket, request) {
    let reach: Reach | null = null;
    try {
      reach = reachOf(socket);
      return await send(reach.path, request);
    } catch (error) {
      throw unanswered(socket, error);
    } finally {
      reach?.release();
    }
  },
};

async function removeLeftOver(socket: string, path: string): Promise<void> {
  const found = lstatSync(socket, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Problem('CLI-013', { socket, reason: 'something that is no socket has this name' });
  if (await somebodyAnswers(path)) throw new Problem('CLI-004', { stateDirectory: dirname(socket), socket });
  unlinkSync(socket);
}

/** Only a refused connection proves that nobody listens; anything else is taken as somebody. */
function somebodyAnswers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection({ path, timeout: PROBE_MS });
    const end = (answer: boolean) => {
      probe.destroy();
      resolve(answer);
    };
    probe.once('connect', () => end(true));
    probe.once('timeout', () => end(true));
    probe.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}

async function listen(
  socket: string,
  reach: Reach,
  options: { readonly bodyBytesMax: number; readonly answer: Answer },
): Promise<LocalServer> {
  const closing = new AbortController();
  const server = createServer({ requestTimeout: REQUEST_MS }, (message, response) => {
    void serveOne(message, response, { ...options, closing: closing.signal });
  });
  server.maxConnections = CONNECTIONS_MAX;
  await bind(server, reach.path);
  chmodSync(socket, 0o600);
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      closing.abort();
      server.closeAllConnections();
      await closed;
      reach.release();
    },
  };
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // bind(2) happens within listen(): from its first moment nobody else may open the socket. Workers
    // can't set the mask; there the mode follows a moment later.
    const maskBefore = isMainThread ? process.umask(0o177) : null;
    server.listen({ path }, () => {
      server.off('error', reject);
      resolve();
    });
    if (maskBefore !== null) process.umask(maskBefore);
  });
}

async function serveOne(
  message: IncomingMessage,
  response: ServerResponse,
  options: { readonly bodyBytesMax: number; readonly answer: Answer; readonly closing: AbortSignal },
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  // A caller that breaks off is told by 'close'; the error adds nothing.
  response.on('error', () => gone.abort());
  message.on('error', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, options.closing]);
  try {
    const body = await bodyOf(message, options.bodyBytesMax);
    const path = (message.url ?? '/').split('?', 1)[0] ?? '/';
    const answer = await options.answer({ method: message.method ?? '', path, body, signal });
    response.writeHead(answer.status, { 'content-type': 'application/x-ndjson; charset=utf-8' });
    response.flushHeaders();
    for await (const line of answer.lines) {
      if (signal.aborted) return;
      if (!response.write(`${line}\n`)) await drained(response, signal);
    }
    response.end();
  } catch {
    // The caller went away while sending, or the answer broke off half way: the missing end tells it.
    response.destroy();
  }
}

/** @returns null where it is longer than allowed; the rest is read and dropped so that the caller hears the answer. */
async function bodyOf(message: IncomingMessage, bytesMax: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    bytes += (chunk as Buffer).length;
    if (bytes <= bytesMax) chunks.push(chunk as Buffer);
    else chunks.length = 0;
    if (bytes > bytesMax * 64) throw new Error('endless request');
  }
  return bytes > bytesMax ? null : Buffer.concat(chunks).toString('utf8');
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const go = () => {
      response.off('drain', go);
      signal.removeEventListener('abort', go);
      resolve();
    };
    response.once('drain', go);
    signal.addEventListener('abort', go, { once: true });
  });
}

function send(
  socketPath: string,
  request: {
    readonly path: string;
    readonly body: string;
    readonly timeoutMs: number | null;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<LocalResponse> {
  return new Promise((resolve, reject) => {
    const body = Buffer.from(request.body, 'utf8');
    const call = httpRequest({
      socketPath,
      path: request.path,
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', 'content-length': body.length },
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    const deadline =
      request.timeoutMs === null
        ? null
        : setTimeout(() => call.destroy(new Error(`no answer within ${request.timeoutMs} ms`)), request.timeoutMs);
    call.on('error', (error) => {
      if (deadline !== null) clearTimeout(deadline);
      reject(error);
    });
    call.on('response', (message) => {
      if (deadline !== null) clearTimeout(deadline);
      resolve({ status: message.statusCode ?? 500, lines: linesOf(message, request.signal) });
    });
    call.end(body);
  });
}

async function* linesOf(message: IncomingMessage, signal: AbortSignal | undefined): AsyncGenerator<string> {
  let rest = '';
  try {
    message.setEncoding('utf8');
    for await (const chunk of message) {
      const parts = (rest + String(chunk)).split('\n');
      rest = parts.pop() ?? '';
      if (rest.length > LINE_BYTES_MAX) throw new Problem('CLI-002', { reason: 'its answer is too long' });
      yield* parts;
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (signal?.aborted === true) return;
    throw new Problem('CLI-012', {}, { cause: error });
  } finally {
    message.destroy();
  }
  if (rest !== '') throw new Problem('CLI-012', {});
}

/** Why nobody answers. A socket that this user may not open says nothing about whether a daemon runs. */
export function unanswered(socket: string, error: unknown): Problem {
  // A folder on the way that can't be opened is told by a problem of its own, with the refusal as its cause.
  const { code } = (error instanceof Problem ? error.cause : error) as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') return new Problem('CLI-015', { socket }, { cause: error });
  return new Problem('CLI-001', { socket, reason: reasonOf(error) }, { cause: error });
}
