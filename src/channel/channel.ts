import { assert } from '../kernel/assert.ts';
import {
  formatAddress,
  type Address,
  type ConnectFailure,
  type SecureSocket,
  type TlsCredentials,
} from '../kernel/sockets.ts';
import { describe } from '../problems/problem.ts';
import { Absence } from './absence.ts';
import type { ChannelEvent, ChannelState } from './channel-event.ts';
import type { ChannelOptions } from './channel-options.ts';
import { ControlConnection, type ConnectionEnd } from './control-connection.ts';
import type { ControlMessage } from './control-codec.ts';
import { DataLink } from './data-link.ts';
import { CONTROL_PROTOCOL, DATA_PROTOCOL, PAIRING_PROTOCOL } from './framing.ts';
import { Greeting, secondPeer, tellRefusal, toldProblem, type Refusal } from './greeting.ts';
import type { OwnFacts } from './hello.ts';
import { Meetings } from './meetings.ts';
import { PeerWarnings } from './peer-warnings.ts';
import { ProblemBoard } from './problem-board.ts';
import { Refusals } from './refusals.ts';
import { Routes, unreachable, type Route } from './routes.ts';
import { stateOf } from './channel-state.ts';
import { certificateProblem, ownCertificateProblem, PASSING_MS, Strangers } from './strangers.ts';

/** Inbound control connections that are in their greeting or up. */
const INBOUND_MAX = 16;
/** A greeting, and the route this side dialed; null where the peer dialed. */
type Entry = { readonly greeting: Greeting; readonly route: Route | null };

/**
 * The link between the two servers: listens, dials every route, greets, keeps routes warm, lets
 * another take over when the current one dies, and carries control messages and data frames.
 *
 * An ordinary object of one event loop; everything it owns lives there. Work that takes long must
 * not share that loop, or heartbeats are late.
 */
export class Channel {
  readonly #options: ChannelOptions;
  readonly #credentials: TlsCredentials;
  readonly #board: ProblemBoard;
  readonly #warnings: PeerWarnings;
  readonly #strangers: Strangers;
  readonly #refusals: Refusals;
  readonly #routes: Routes;
  readonly #data: DataLink;
  readonly #meetings: Meetings;
  /** Connections in their greeting. */
  readonly #entries = new Map<ControlConnection, Entry>();
  readonly #routeOf = new Map<ControlConnection, Route>();
  readonly #absence: Absence;
  readonly #listeners: { address: Address; close(): Promise<void> }[] = [];
  #own: { facts: OwnFacts; revision: number } | null = null;
  #published = '';
  #isRunning = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
    const { sockets, clock, timers, random, settings, frameMemory } = options;
    // Its own certificate counts as proof too, so that a clone is met and named instead of taken for a stranger.
    const trusted = [...options.credentials.trusted, options.credentials.certificate];
    this.#credentials = { ...options.credentials, trusted };
    const emit = (event: ChannelEvent): void => options.onEvent(event);
    this.#board = new ProblemBoard({ timers, emit });
    this.#warnings = new PeerWarnings({ board: this.#board, timeDifferenceMaxMs: settings.timeDifferenceMaxMs });
    this.#strangers = new Strangers({ board: this.#board, timers, log: options.log });
    this.#refusals = new Refusals({ board: this.#board, clock, settings, emit });
    const world = { sockets, credentials: this.#credentials, clock, timers, random, settings };
    this.#routes = new Routes({
      ...world,
      onSocket: (route, socket) => this.#greet(socket, route),
      onFailed: (route, failure) => this.#onDialFailed(route, failure),
    });
    this.#absence = new Absence({ timers, waitMs: settings.waitMs, onLong: () => this.#onLongAbsence() });
    this.#data = new DataLink({
      ...world,
      board: this.#board,
      frameMemory,
      compression: options.compression,
      busyShare: options.busyShare,
      emit,
      tell: (message) => this.#meetings.tell(message),
      roundTripMs: () => this.#meetings.roundTripMs,
      answeredMs: () => this.#meetings.answeredMs,
      onStalled: () => this.#meetings.dataStalled(),
    });
    this.#meetings = new Meetings({
      clock,
      settings,
      log: options.log,
      emit,
      own: () => this.#own,
      onDataMessage: (message) => this.#data.told(message),
      onNoOther: () => this.#data.makeAnew(),
      onCurrent: (target, reason) => this.#data.follow(target, reason),
      onSessionUp: () => this.#onSessionUp(),
      onSessionDown: () => this.#onSessionDown(),
      onPeerFacts: () => this.#judgeAgain(),
    });
  }

  /**
   * Listens, and dials once there are facts.
   * @throws Problem CHN-001, CHN-002
   */
  async start(): Promise<void> {
    const { sockets, settings } = this.#options;
    const options = {
      credentials: this.#credentials,
      protocols: [CONTROL_PROTOCOL, DATA_PROTOCOL, PAIRING_PROTOCOL],
      handshakeMs: settings.greetingMs,
      onFailure: (remote: Address, failure: { reason: string; nonsense: boolean }) =>
        this.#strangers.onHandshakeFailed(remote, failure),
    };
    try {
      for (const address of settings.listen) {
        this.#listeners.push(await sockets.listen(address, options, (socket) => this.#onInbound(socket)));
      }
    } catch (error) {
      await this.#closeListeners();
      throw error;
    }
    this.#isRunning = true;
    this.#absence.begin(false);
    if (this.#own !== null) this.#routes.start();
    this.#publish();
  }

  /** Where it listens; a port of 0 in the settings is replaced by the real one. */
  get listening(): readonly Address[] {
    return this.#listeners.map((listener) => listener.address);
  }

  /** Says goodbye, closes everything, and tells the end of the session. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#routes.stop();
    for (const connection of this.#entries.keys()) connection.hangUp('this server stops');
    this.#meetings.endAll({ type: 'bye' }, 'this server stops');
    this.#absence.end();
    this.#board.clearAll();
    this.#refusals.clear();
    await this.#closeListeners();
  }

  /** Says who this server is now: told to the peer, and judged again on both sides. */
  setFacts(facts: OwnFacts): void {
    const isFirst = this.#own === null;
    this.#own = { facts, revision: (this.#own?.revision ?? 0) + 1 };
    if (isFirst && this.#isRunning) this.#routes.start();
    this.#meetings.tellFacts();
    this.#judgeAgain();
  }

  /**
   * Sends a message within a session; it arrives once, in order, as long as the session lasts.
   * @returns false where that session is over or too much waits for the peer: the message is not sent.
   */
  sendControl(session: number, message: ControlMessage): boolean {
    return this.#meetings.send(session, message);
  }

  /**
   * Sends one data frame of at most DATA_BYTES_MAX, with room for its header before it (see FrameMemory), on
   * that connection only; where that is gone, the frame is dropped. How much may wait is told by `dataThin`.
   * @param onDone - called once, when nobody needs the frame any more.
   */
  sendData(connection: number, frame: Uint8Array, onDone: () => void): void {
    this.#data.send(connection, frame, onDone);
  }

  /** Bounds what the data connection sends from now on. @param bytesPerSecondMax - 0: no bound. */
  limitData(bytesPerSecondMax: number): void {
    this.#data.limit(bytesPerSecondMax);
  }

  /** Closes the data connection, and makes it again where this side dials: both sides hear `dataDown` and `dataUp`. */
  renewData(reason: string): void {
    this.#data.renew(reason);
  }

  async #closeListeners(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  #onInbound(socket: SecureSocket): void {
    const { onPairingConnection, log } = this.#options;
    if (socket.protocol === PAIRING_PROTOCOL) {
      if (onPairingConnection === undefined) socket.destroy();
      else onPairingConnection(socket);
      return;
    }
    if (!socket.authorized) {
      this.#strangers.turnAway(socket);
      return;
    }
    let inbound = 0;
    for (const entry of this.#entries.values()) if (entry.route === null) inbound += 1;
    if (this.#own === null || !this.#isRunning || inbound >= INBOUND_MAX) {
      log.debug('A connection came before this server was ready', { remote: formatAddress(socket.remote) });
      socket.destroy();
    } else if (socket.protocol === DATA_PROTOCOL) {
      this.#data.adopt(socket);
    } else {
      this.#greet(socket, null);
    }
  }

  #greet(socket: SecureSocket, route: Route | null): void {
    const own = this.#own;
    assert(own !== null, 'a greeting needs facts');
    const { clock, timers, settings } = this.#options;
    const hasOwnCertificate = socket.peerFingerprint === this.#options.ownFingerprint;
    const { timeDifferenceMaxMs, stateDirectory } = settings;
    const greeting = new Greeting({ ...own, wallMs: clock.wallMs(), route: route?.text ?? null }, (peer) => ({
      wallMs: clock.wallMs(),
      timeDifferenceMaxMs,
      stateDirectory,
      hasOwnCertificate,
      turnedAway: this.#meetings.isAnother(peer) ? secondPeer(peer, socket.remote.host) : null,
    }));
    const connection = new ControlConnection(socket, route?.address ?? null, {
      clock,
      timers,
      settings,
      handlers: {
        onMessage: (from, message) => this.#onMessage(from, message),
        onMeasured: (from) => this.#onMeasured(from),
        onHeartbeat: (from, message) => this.#meetings.takeHeartbeat(from, message),
        heartbeatFields: () => this.#meetings.heartbeatFields(),
        onTick: () => this.#onTick(),
        onEnd: (from, end) => this.#onEnd(from, end),
      },
    });
    this.#entries.set(connection, { greeting, route });
    if (route !== null) this.#routeOf.set(connection, route);
    greeting.begin(connection);
  }

  #onMessage(connection: ControlConnection, message: ControlMessage): void {
    const entry = this.#entries.get(connection);
    if (entry !== undefined) {
      const step = entry.greeting.take(connection, message, connection.peerName);
      if (step.kind === 'refused') this.#onRefused(connection, step.refusal);
      if (step.kind === 'accepted') {
        this.#entries.delete(connection);
        connection.setUp();
        if (entry.route !== null) {
          this.#routes.accepted(entry.route);
          this.#board.clear(`route ${entry.route.text}`);
        }
        this.#strangers.peerCameFrom(connection.socket.remote);
        this.#meetings.add(connection, step.greeted);
        this.#publish();
      }
    } else if (message.type === 'refuse') {
      this.#refuseAll({ problem: toldProblem(message), peer: this.#meetings.peer, toldByPeer: true });
    } else {
      this.#meetings.take(connection, message);
    }
  }

  #onRefused(connection: ControlConnection, refusal: Refusal): void {
    const { problem } = refusal;
    const { peerName: address } = connection;
    this.#endRoute(connection, 'refused', describe(problem).message);
    this.#entries.delete(connection);
    connection.hangUp('refused');
    const notAccepted = refusal.toldByPeer ? ownCertificateProblem(problem.code, address) : null;
    if (notAccepted !== null) {
      this.#board.raise(`route ${address}`, notAccepted);
    } else if (problem.code === 'CHN-015') {
      this.#refusals.onSecondPeer(refusal);
    } else if (this.#meetings.peer === null) {
      this.#board.clear('unreachable');
      this.#refusals.set(refusal);
    } else if (refusal.peer?.instance === this.#meetings.peer.instance) {
      this.#refuseAll(refusal);
    } else {
      // One wrong address among good ones does not end what works.
      this.#board.raisePassing(`route ${address}`, problem, PASSING_MS);
    }
    this.#publish();
  }

  /** The two may no longer work together: tells the peer, and ends the session. */
  #refuseAll(refusal: Refusal): void {
    const message = describe(refusal.problem).message;
    for (const connection of this.#meetings.connections) {
      if (!refusal.toldByPeer) tellRefusal(connection, refusal.problem);
      this.#endRoute(connection, 'refused', message);
    }
    this.#meetings.endAll(null, message);
    this.#board.clear('unreachable');
    this.#refusals.set(refusal);
    this.#publish();
  }

  #judgeAgain(): void {
    const own = this.#own;
    if (own === null || this.#meetings.peer === null) return;
    const { settings } = this.#options;
    const verdict = this.#meetings.judgePeer(own.facts, settings);
    if (verdict === null) return;
    if (!verdict.accepted) {
      this.#refuseAll({ problem: verdict.problem, peer: this.#meetings.peer, toldByPeer: false });
      return;
    }
    this.#warnings.judgedAgain(verdict.warnings);
  }

  #onMeasured(connection: ControlConnection): void {
    const difference = connection.clockDifferenceMs;
    if (difference === null || connection !== this.#meetings.current) return;
    this.#warnings.measured(difference);
    this.#publish();
  }

  #onTick(): void {
    this.#meetings.preferLively();
    this.#publish();
  }

  #onEnd(connection: ControlConnection, end: ConnectionEnd): void {
    const wasGreeting = this.#entries.delete(connection);
    if (end.kind === 'violation') this.#strangers.tellNonsense(connection.socket.remote.host, end.reason);
    this.#endRoute(connection, wasGreeting ? 'failed' : 'lost', end.reason);
    this.#routeOf.delete(connection);
    this.#meetings.remove(connection, end.reason);
    this.#tellUnreachable();
    this.#publish();
  }

  #endRoute(connection: ControlConnection, kind: 'failed' | 'refused' | 'lost', reason: string): void {
    const route = this.#routeOf.get(connection);
    if (route === undefined) return;
    this.#routeOf.delete(connection);
    this.#routes.ended(route, { kind, reason });
  }

  #onDialFailed(route: Route, failure: ConnectFailure): void {
    const key = `route ${route.text}`;
    const problem = certificateProblem(failure, route.text);
    if (problem === null) this.#board.clear(key);
    else this.#board.raise(key, problem);
    this.#tellUnreachable();
    this.#publish();
  }

  #onLongAbsence(): void {
    this.#tellUnreachable();
    this.#publish();
  }

  /** After every route failed once with no session, and that for some time: says so, with each route's reason. */
  #tellUnreachable(): void {
    const routes = this.#routes.all;
    if (!this.#isRunning || this.#meetings.peer !== null) return;
    const problem = unreachable(routes);
    if (problem === null) {
      // Something answers everywhere by now, though the wrong one: that is told of each route.
      if (routes.length > 0 && routes.every((route) => route.isUntrusted)) this.#board.clear('unreachable');
      return;
    }
    this.#refusals.clear();
    if (!this.#absence.isShort) this.#board.raise('unreachable', problem);
  }

  #onSessionUp(): void {
    this.#refusals.clear();
    this.#board.clear('unreachable');
    this.#refusals.forgetSecondPeer();
    this.#absence.end();
    this.#warnings.begin(this.#meetings.warnings);
    this.#routes.dialRefused();
    this.#publish();
  }

  #onSessionDown(): void {
    this.#warnings.clear();
    this.#absence.begin(true);
    this.#publish();
  }

  /** Tells the status where it changed. */
  #publish(): void {
    if (!this.#isRunning) return;
    const state = this.#state();
    const text = JSON.stringify(state);
    if (text === this.#published) return;
    this.#published = text;
    this.#options.onEvent({ kind: 'status', state });
  }

  #state(): ChannelState {
    const isWaiting = this.#absence.isShortDrop;
    return stateOf({ routes: this.#routes.all, meetings: this.#meetings, isWaiting, data: this.#data.flow });
  }
}
