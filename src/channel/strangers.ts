import type { Timers } from '../kernel/clock.ts';
import { frameHeader } from '../kernel/frames.ts';
import type { Log } from '../kernel/log.ts';
import type { Address, ConnectFailure, SecureSocket } from '../kernel/sockets.ts';
import { Problem, type ProblemCode, type ProblemData, toData } from '../problems/problem.ts';
import { encodeMessage } from './control-codec.ts';
import type { ProblemBoard } from './problem-board.ts';

/** How long what a stranger did stays a problem after it was last seen. */
export const PASSING_MS = 60_000;
const END_MS = 500;

/** What connects to the channel's port and is not the other server: turned away, and told to the operator. */
export class Strangers {
  readonly #board: ProblemBoard;
  readonly #timers: Timers;
  readonly #log: Log;

  constructor(options: { board: ProblemBoard; timers: Timers; log: Log }) {
    this.#board = options.board;
    this.#timers = options.timers;
    this.#log = options.log;
  }

  /** Nothing is read from it; it is told why, so that its operator sees the cause as well. */
  turnAway(socket: SecureSocket): void {
    const { host } = socket.remote;
    const problem = socket.isOutOfTime ? outOfTime(`the server at ${host}`) : notTrusted(socket, host);
    this.#board.raisePassing(strangerAt(host), problem, PASSING_MS);
    socket.onData(() => {});
    const told = encodeMessage({ type: 'refuse', code: problem.code, parameters: {} });
    socket.writeParts([frameHeader(told.length), told]);
    socket.end();
    const cancel = this.#timers.after(END_MS, () => socket.destroy());
    socket.onClose(cancel);
  }

  /** The other server itself came from there: whoever was taken for a stranger has its right certificate by now. */
  peerCameFrom({ host }: Address): void {
    this.#board.clear(strangerAt(host));
  }

  onHandshakeFailed(remote: Address, failure: { reason: string; nonsense: boolean }): void {
    this.#log.debug('A connection did not finish its TLS handshake', { remote: remote.host, ...failure });
    if (failure.nonsense) this.tellNonsense(remote.host, failure.reason);
  }

  tellNonsense(host: string, reason: string): void {
    const problem = toData(new Problem('CHN-013', { address: host, reason }));
    this.#board.raisePassing(`nonsense ${host}`, problem, PASSING_MS);
  }
}

/** What a failed try says of the certificate there; null where that is not why. @param route - `host:port`. */
export function certificateProblem({ kind, message: reason }: ConnectFailure, route: string): ProblemData | null {
  if (kind === 'untrusted') return toData(new Problem('CHN-004', { address: route, reason }));
  return kind === 'expired'
    ? toData(new Problem('CHN-040', { whose: `the server at ${route}`, reason: `it ${reason}` }))
    : null;
}

/** The other server turned this one away for its certificate; null where that is not why. */
export function ownCertificateProblem(code: ProblemCode, address: string): ProblemData | null {
  const reason = "it does not accept this server's certificate";
  if (code === 'CHN-004') return toData(new Problem('CHN-004', { address, reason }));
  return code === 'CHN-040' ? outOfTime('this server', `the server at ${address} does not accept it`) : null;
}

function notTrusted(socket: SecureSocket, address: string): ProblemData {
  const reason = socket.peerFingerprint === '' ? 'it showed no certificate' : 'its certificate is not trusted here';
  return toData(new Problem('CHN-004', { address, reason }));
}

function outOfTime(whose: string, reason = 'it showed it when it connected'): ProblemData {
  return toData(new Problem('CHN-040', { whose, reason }));
}

function strangerAt(host: string): string {
  return `stranger ${host}`;
}
