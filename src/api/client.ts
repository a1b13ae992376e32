import type { LocalHttp } from '../kernel/local-http.ts';
import { fromData, Problem } from '../problems/problem.ts';
import {
  API,
  type AnswerOf,
  type ApiName,
  type CallName,
  FAILURE,
  type ProblemBody,
  type RequestOf,
  STREAM_LINE,
  type StreamName,
} from './requests.ts';

const ANSWER_TIMEOUT_MS = 30_000;

/** Name of the API's socket in a daemon's state folder. */
export const SOCKET_NAME = 'api.sock';

/** The caller's half of the API. May be shared; calls don't wait for one another. */
export class ApiClient {
  readonly #http: LocalHttp;
  readonly #socket: string;

  constructor(http: LocalHttp, socket: string) {
    this.#http = http;
    this.#socket = socket;
  }

  /**
   * @throws Problem CLI-001 when no daemon answers, CLI-012 when it goes away meanwhile, CLI-002 when
   * its answer is not understood, and whatever the daemon answers with.
   */
  async call<Name extends CallName>(
    name: Name,
    request: RequestOf<Name>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<AnswerOf<Name>> {
    const response = await this.#http.post(this.#socket, {
      path: `/v1/${name}`,
      body: JSON.stringify(request),
      timeoutMs: ANSWER_TIMEOUT_MS,
      signal: options.signal,
    });
    for await (const line of response.lines) {
      const body = parseLine(line);
      if (response.status !== 200) throw failureOf(body);
      return understood(name, body);
    }
    throw new Problem('CLI-012', {});
  }

  /**
   * Parts as they come; ends when the daemon ends the stream or `signal` is aborted.
   * @throws as {@link call}.
   */
  async *stream<Name extends StreamName>(
    name: Name,
    request: RequestOf<Name>,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<AnswerOf<Name>, void, void> {
    const response = await this.#http.post(this.#socket, {
      path: `/v1/${name}`,
      body: JSON.stringify(request),
      timeoutMs: ANSWER_TIMEOUT_MS,
      signal: options.signal,
    });
    for await (const text of response.lines) {
      const body = parseLine(text);
      if (response.status !== 200) throw failureOf(body);
      const line = STREAM_LINE.safeParse(body);
      if (!line.success) throw new Problem('CLI-002', { reason: 'a line of its answer is of an unknown form' });
      if ('problem' in line.data) throw problemOf(line.data.problem);
      if ('end' in line.data) return;
      yield understood(name, line.data.part);
    }
    throw new Problem('CLI-012', {});
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Problem('CLI-002', { reason: 'its answer is not JSON' }, { cause: error });
  }
}

function understood<Name extends ApiName>(name: Name, body: unknown): AnswerOf<Name> {
  const answer = API[name].answer.safeParse(body);
  if (answer.success) return answer.data as AnswerOf<Name>;
  const issue = answer.error.issues[0];
  throw new Problem('CLI-002', {
    reason: `its answer to ${name} is of an unknown form (${issue?.path.join('.')}: ${issue?.message})`,
  });
}

function failureOf(body: unknown): Problem {
  const failure = FAILURE.safeParse(body);
  if (!failure.success) return new Problem('CLI-002', { reason: 'its refusal is of an unknown form' });
  return problemOf(failure.data.problem);
}

/** A problem this release does not know keeps at least its sentence. */
function problemOf(body: ProblemBody): Problem {
  return fromData(body) ?? new Problem('CLI-005', { reason: `[${body.code}] ${body.message}` });
}
