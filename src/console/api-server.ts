import { API, type ApiName, type Handlers, type ProblemBody, REQUEST_BYTES_MAX } from '../api/requests.ts';
import type { LocalAnswer, LocalHttp, LocalRequest, LocalServer } from '../kernel/local-http.ts';
import type { Log } from '../kernel/log.ts';
import { describe, entryOf, isProblem, Problem } from '../problems/problem.ts';

const PREFIX = '/v1/';

/**
 * Serves the API on a socket that only this user may open. Requests run at the same time; what must
 * not is the handlers' concern.
 * @throws Problem CLI-004 when another daemon serves there, CLI-013 when the socket can't be made.
 */
export function serveApi(options: {
  readonly http: LocalHttp;
  readonly socket: string;
  readonly handlers: Handlers;
  readonly log: Log;
}): Promise<LocalServer> {
  const { http, socket, handlers, log } = options;
  return http.serve(socket, { bodyBytesMax: REQUEST_BYTES_MAX }, (request) => answerTo(request, handlers, log));
}

async function answerTo(request: LocalRequest, handlers: Handlers, log: Log): Promise<LocalAnswer> {
  try {
    const name = nameIn(request);
    if (name === null) return refusal(404, new Problem('CLI-002', { reason: `it offers no ${request.path}` }));
    if (request.method !== 'POST') return refusal(405, new Problem('CLI-002', { reason: 'only POST is served' }));
    if (request.body === null) {
      return refusal(413, new Problem('CLI-002', { reason: `it is longer than ${REQUEST_BYTES_MAX} bytes` }));
    }
    const checked = API[name].request.safeParse(parseBody(request.body));
    if (!checked.success) {
      const issue = checked.error.issues[0];
      const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
      return refusal(400, new Problem('CLI-002', { reason: `${where}${issue?.message ?? 'not a request'}` }));
    }
    return await handled(name, checked.data, { request, handlers, log });
  } catch (error) {
    const problem = problemOf(error, request.path, log);
    return refusal(statusOf(problem), problem);
  }
}

async function handled(
  name: ApiName,
  body: unknown,
  { request, handlers, log }: { request: LocalRequest; handlers: Handlers; log: Log },
): Promise<LocalAnswer> {
  // The table guarantees that the body checked with a call's schema fits that call's handler.
  const handler = handlers[name] as (body: unknown, context: { signal: AbortSignal }) => unknown;
  const result = handler.call(handlers, body, { signal: request.signal });
  if (API[name].streams)
    return { status: 200, lines: streamLines(result as AsyncIterable<unknown>, request.path, log) };
  return { status: 200, lines: [JSON.stringify(await (result as Promise<unknown>))] };
}

async function* streamLines(parts: AsyncIterable<unknown>, path: string, log: Log): AsyncGenerator<string> {
  try {
    for await (const part of parts) yield JSON.stringify({ part });
    yield JSON.stringify({ end: true });
  } catch (error) {
    yield JSON.stringify({ problem: bodyOf(problemOf(error, path, log)) });
  }
}

function nameIn(request: LocalRequest): ApiName | null {
  const name = request.path.startsWith(PREFIX) ? request.path.slice(PREFIX.length) : '';
  return Object.hasOwn(API, name) ? (name as ApiName) : null;
}

/** An empty body is an empty request. */
function parseBody(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem('CLI-002', { reason: 'it is not JSON' }, { cause: error });
  }
}

function problemOf(error: unknown, path: string, log: Log): Problem {
  if (isProblem(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  log.error('a request failed by a fault', {
    code: 'CLI-005',
    path,
    stack: error instanceof Error ? error.stack : reason,
  });
  return new Problem('CLI-005', { reason });
}

/** HTTP's word (RFC 9110 §15) for who has to act. */
const STATUSES: Readonly<Record<ReturnType<typeof entryOf>['remedy'], number>> = {
  operator: 409,
  retry: 503,
  bug: 500,
};

function statusOf(problem: Problem): number {
  if (problem.code === 'CLI-002') return 400;
  if (problem.code === 'CLI-003' || problem.code === 'CLI-018') return 404;
  return STATUSES[entryOf(problem.code).remedy];
}

function refusal(status: number, problem: Problem): LocalAnswer {
  return { status, lines: [JSON.stringify({ problem: bodyOf(problem) })] };
}

function bodyOf(problem: Problem): ProblemBody {
  return { code: problem.code, parameters: { ...problem.parameters }, ...describe(problem) };
}
