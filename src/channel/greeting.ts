import { Problem, toData } from '../problems/problem.ts';
import type { ProblemData } from '../problems/problem.ts';
import type { ControlConnection } from './control-connection.ts';
import { isRecord, MalformedMessage } from './control-codec.ts';
import type { ControlMessage } from './control-codec.ts';
import { commonVersion, judge, noCommonProtocol } from './handshake.ts';
import type { JudgeContext } from './handshake.ts';
import { readFacts, readProtocol } from './hello.ts';
import type { HandshakeFacts, OwnFacts } from './hello.ts';
import { readProblem } from './problem-board.ts';

/** What came of a greeting that both sides accepted. */
export interface Greeted {
  readonly peer: HandshakeFacts;
  readonly version: number;
  readonly warnings: readonly ProblemData[];
  /** Which of this server's facts the peer was told. */
  readonly revisionTold: number;
  /** The address that the peer dialed, as it names it; null where this side dialed. */
  readonly peerRoute: string | null;
}

export interface Refusal {
  readonly problem: ProblemData;
  readonly peer: HandshakeFacts | null;
  readonly toldByPeer: boolean;
}

/** This server's facts at the time of a greeting. */
export interface Presented {
  readonly facts: OwnFacts;
  /** Rises with each change of the facts. */
  readonly revision: number;
  readonly wallMs: number;
  /** The address dialed, as text; null where the peer dialed. */
  readonly route: string | null;
}

export type GreetingStep =
  | { readonly kind: 'going on' }
  | { readonly kind: 'accepted'; readonly greeted: Greeted }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

const GOING_ON: GreetingStep = { kind: 'going on' };
const ROUTE_CHARACTERS_MAX = 300;

/**
 * The first messages of a control connection: each side says who it is, judges the other, and says
 * `welcome` or `refuse`. The connection is up when this side accepted and the peer welcomed.
 */
export class Greeting {
  readonly #presented: Presented;
  readonly #judged: (
    peer: HandshakeFacts,
  ) => Omit<JudgeContext, 'address'> & { readonly turnedAway: ProblemData | null };
  #accepted: Greeted | null = null;
  #isWelcome = false;

  /** `context` gives what else counts when the peer's facts come; `turnedAway` where another peer is there already. */
  constructor(
    presented: Presented,
    context: (peer: HandshakeFacts) => Omit<JudgeContext, 'address'> & { readonly turnedAway: ProblemData | null },
  ) {
    this.#presented = presented;
    this.#judged = context;
  }

  begin(connection: ControlConnection): void {
    const { facts, revision, wallMs, route } = this.#presented;
    connection.send({ type: 'hello', facts: { ...facts, wallMs, votes: [] }, revision, route });
  }

  /** @throws MalformedMessage for anything but a greeting. */
  take(connection: ControlConnection, message: ControlMessage, address: string): GreetingStep {
    switch (message.type) {
      case 'hello':
        if (this.#accepted !== null) throw new MalformedMessage('a second hello');
        return this.#onHello(connection, message, address);
      case 'welcome':
        this.#isWelcome = true;
        return this.#outcome();
      case 'refuse':
        return {
          kind: 'refused',
          refusal: { problem: toldProblem(message), peer: this.#accepted?.peer ?? null, toldByPeer: true },
        };
      default:
        throw new MalformedMessage('a message before the greeting was done');
    }
  }

  #onHello(connection: ControlConnection, message: ControlMessage, address: string): GreetingStep {
    const own = this.#presented.facts;
    const protocol = isRecord(message['facts']) ? readProtocol(message['facts']) : null;
    if (protocol === null) throw new MalformedMessage('a hello without protocol versions');
    // Judged before the rest is read: a far release may say the rest in another way.
    if (commonVersion(own.protocol, protocol) === null) {
      return refused(connection, noCommonProtocol(own.protocol, protocol), null);
    }
    const peer = readFacts(message['facts']);
    if (peer === null) throw new MalformedMessage('a hello with missing or wrong facts');
    const { turnedAway, ...context } = this.#judged(peer);
    const verdict = judge(own, peer, { ...context, address });
    if (!verdict.accepted) return refused(connection, verdict.problem, peer);
    if (turnedAway !== null) return refused(connection, turnedAway, peer);
    const route = message['route'];
    const peerRoute = typeof route === 'string' ? route.slice(0, ROUTE_CHARACTERS_MAX) : null;
    const { version, warnings } = verdict;
    this.#accepted = { peer, version, warnings, revisionTold: this.#presented.revision, peerRoute };
    connection.send({ type: 'welcome', version });
    return this.#outcome();
  }

  #outcome(): GreetingStep {
    return this.#accepted !== null && this.#isWelcome ? { kind: 'accepted', greeted: this.#accepted } : GOING_ON;
  }
}

/** Tells the peer why, before the connection is closed. */
export function tellRefusal(connection: ControlConnection, problem: ProblemData): void {
  connection.send({ type: 'refuse', code: problem.code, parameters: problem.parameters });
}

/** What a `refuse` says, in this release's terms. */
export function toldProblem(message: ControlMessage): ProblemData {
  const known = readProblem(message['code'], message['parameters']);
  const code = typeof message['code'] === 'string' ? message['code'].slice(0, 16) : 'without a code';
  return known ?? toData(new Problem('CHN-017', { code }));
}

function refused(connection: ControlConnection, problem: ProblemData, peer: HandshakeFacts | null): GreetingStep {
  tellRefusal(connection, problem);
  return { kind: 'refused', refusal: { problem, peer, toldByPeer: false } };
}

/** Another run of the other server is connected already. */
export function secondPeer(peer: HandshakeFacts, address: string): ProblemData {
  return toData(new Problem('CHN-015', { serverId: peer.serverId, address }));
}
