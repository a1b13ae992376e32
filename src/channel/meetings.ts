import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { formatAddress } from '../kernel/sockets.ts';
import type { Address } from '../kernel/sockets.ts';
import type { ProblemData } from '../problems/problem.ts';
import type { ChannelEvent } from './channel-event.ts';
import type { ChannelSettings } from './channel-settings.ts';
import type { ControlConnection } from './control-connection.ts';
import { MalformedMessage } from './control-codec.ts';
import type { ControlMessage } from './control-codec.ts';
import type { DataTarget } from './data-link.ts';
import type { Greeted } from './greeting.ts';
import { judge } from './handshake.ts';
import type { Verdict } from './handshake.ts';
import { readFacts } from './hello.ts';
import type { HandshakeFacts, OwnFacts } from './hello.ts';
import { sendWhole } from './long-messages.ts';
import { Session } from './session.ts';

/** Heartbeats in silence after which another connection carries the session, if one was heard since. */
const SILENT_HEARTBEATS = 2.5;

interface World {
  readonly clock: Clock;
  readonly settings: ChannelSettings;
  readonly log: Log;
  readonly emit: (event: ChannelEvent) => void;
  readonly own: () => { readonly facts: OwnFacts; readonly revision: number } | null;
  /** What the peer says of the data connection; it throws MalformedMessage. */
  readonly onDataMessage: (message: ControlMessage) => void;
  /** The peer finds that no data passes, and there is no other connection to try. */
  readonly onNoOther: () => void;
  /** Another connection is current, or none; the reason is why the one before is not. */
  readonly onCurrent: (target: DataTarget | null, reason: string) => void;
  readonly onSessionUp: () => void;
  readonly onSessionDown: () => void;
  /** The peer's facts changed: judge them. */
  readonly onPeerFacts: () => void;
}

/**
 * The connections that are up, and the session they carry. The Primary leads: it begins sessions and
 * says which connection is current, so both sides always mean the same one.
 */
export class Meetings {
  readonly #world: World;
  /** In the order in which they came up. */
  readonly #up = new Map<ControlConnection, Greeted>();
  #session: Session | null = null;
  #warnings: readonly ProblemData[] = [];
  #sessions = 0;
  /** Beside them no data passed when they were current. */
  readonly #stalled = new WeakSet<ControlConnection>();
  /** The last turn whose connection ended here while the Primary may not know; null when it knows. */
  #lost: { readonly session: string; readonly turn: number } | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  /** The peer of the session; null where there is none. */
  get peer(): HandshakeFacts | null {
    return this.#session?.peer ?? null;
  }

  get current(): ControlConnection | null {
    return this.#session?.current ?? null;
  }

  get connections(): readonly ControlConnection[] {
    return [...this.#up.keys()];
  }

  /** What was to be warned of when the session began. */
  get warnings(): readonly ProblemData[] {
    return this.#warnings;
  }

  /** True where another run of a daemon is connected already. */
  isAnother(peer: HandshakeFacts): boolean {
    for (const greeted of this.#up.values()) if (greeted.peer.instance !== peer.instance) return true;
    return false;
  }

  /** The connection on a route, whoever dialed it; the current one first. */
  connectionOf(address: Address): ControlConnection | null {
    const text = formatAddress(address);
    const fits = this.connections.filter((connection) =>
      connection.dialed === null
        ? connection.socket.remote.host === address.host
        : formatAddress(connection.dialed) === text,
    );
    return fits.find((connection) => connection === this.current) ?? fits[0] ?? null;
  }

  /** Takes a connection whose greeting both sides accepted. */
  add(connection: ControlConnection, greeted: Greeted): void {
    this.#up.set(connection, greeted);
    this.#dropReplaced(connection, greeted);
    this.#world.log.debug('A connection is up', { remote: formatAddress(connection.socket.remote) });
    if (this.#isLeading()) {
      if (this.#session === null) this.#begin(connection, greeted);
    } else if (this.#lost !== null) {
      connection.send({ type: 'lost', ...this.#lost });
    }
  }

  /** Forgets a connection that ended; another takes over, or the session ends. */
  remove(connection: ControlConnection, reason: string): void {
    if (!this.#up.delete(connection)) return;
    const session = this.#session;
    if (session === null) return;
    // Where none is current, the Secondary waits for the Primary's word on one of those left.
    const wasLast = session.current === null && this.#up.size === 0;
    if (session.current !== connection && !wasLast) return;
    session.current = null;
    const next = this.#best();
    if (this.#isLeading() && next !== null) {
      this.#announce(session, next, reason);
      return;
    }
    if (!this.#isLeading()) this.#lost = { session: session.id, turn: session.turn };
    if (next === null) this.#end(`the connection was lost: the other server ${reason}`);
    else {
      this.#world.onCurrent(null, reason);
      for (const other of this.#up.keys()) other.send({ type: 'lost', session: session.id, turn: session.turn });
    }
  }

  /** Closes everything; `message` is said before. */
  endAll(message: ControlMessage | null, reason: string): void {
    const connections = this.connections;
    this.#up.clear();
    for (const connection of connections) {
      if (message !== null) connection.send(message);
      connection.hangUp(reason);
    }
    this.#end(reason);
  }

  /** Takes any message of a connection that is up. Unknown types are left: a newer peer may send them. */
  take(connection: ControlConnection, message: ControlMessage): void {
    if (!this.#up.has(connection)) return;
    switch (message.type) {
      case 'ordered':
        return this.#onOrdered(connection, message);
      case 'acknowledge':
        return this.#session?.takeAcknowledgement(message);
      case 'current':
        return this.#onAnnounced(connection, message);
      case 'dataReceived':
      case 'dataRenewed':
        return this.#world.onDataMessage(message);
      case 'dataStalled':
        if (this.#isPresent(message) && this.#isLeading()) this.dataStalled();
        return;
      case 'lost':
        return this.#onLost(message);
      case 'sessionUnknown':
        return this.#onSessionUnknown(connection, message);
      case 'bye':
        return this.endAll(null, 'the other server is stopping');
      default:
        this.#world.log.debug('A message of an unknown type was left', { type: message.type.slice(0, 64) });
    }
  }

  send(session: number, message: ControlMessage): boolean {
    const live = this.#session;
    return live !== null && live.number === session && sendWhole(live, message);
  }

  /** Tells the peer this server's facts again. */
  tellFacts(): void {
    const own = this.#world.own();
    if (own === null) return;
    const facts = { ...own.facts, wallMs: this.#world.clock.wallMs(), votes: [] };
    this.#session?.send({ type: 'facts', facts }, true);
  }

  heartbeatFields(): Readonly<Record<string, unknown>> {
    return this.#session?.acknowledgement() ?? {};
  }

  takeHeartbeat(connection: ControlConnection, message: ControlMessage): void {
    if (this.#up.has(connection)) this.#session?.takeAcknowledgement(message);
  }

  /** Judges the two again after facts changed; null where there is no session. */
  judgePeer(own: OwnFacts, settings: ChannelSettings): Verdict | null {
    const session = this.#session;
    if (session === null) return null;
    const { timeDifferenceMaxMs, stateDirectory } = settings;
    const address = session.current?.socket.remote.host ?? '';
    // The clocks are compared by heartbeats; these facts may be old.
    const wallMs = session.peer.wallMs;
    const context = { wallMs, timeDifferenceMaxMs, stateDirectory, address, hasOwnCertificate: false };
    return judge(own, session.peer, context);
  }

  /** Lets a connection that was heard take over from a current one that has gone silent. */
  preferLively(): void {
    const session = this.#session;
    if (session === null || session.current === null || !this.#isLeading()) return;
    const now = this.#world.clock.monotonicMs();
    const silentMs = SILENT_HEARTBEATS * this.#world.settings.heartbeatMs;
    if (now - session.current.heardMs <= silentMs) return;
    const next = this.#best();
    if (next !== null && next !== session.current && now - next.heardMs < silentMs / 2) {
      this.#announce(session, next, 'said nothing for some heartbeats');
    }
  }

  /** Says it on the current connection, where there is one. */
  tell(message: ControlMessage): void {
    this.#session?.current?.send(message);
  }

  /** Monotonic time at which the last heartbeat that was answered on the current connection was sent; null: none. */
  get answeredMs(): number | null {
    return this.current?.answeredMs ?? null;
  }

  /** Round trip on the current connection; null where no heartbeat of the last few was answered. */
  get roundTripMs(): number | null {
    const { answeredMs } = this;
    if (answeredMs === null) return null;
    const silentMs = this.#world.clock.monotonicMs() - answeredMs;
    return silentMs > SILENT_HEARTBEATS * this.#world.settings.heartbeatMs ? null : (this.current?.roundTripMs ?? null);
  }

  /** No data passes beside the current connection: the Primary tries another one, or the same way anew. */
  dataStalled(): void {
    const session = this.#session;
    const current = session?.current ?? null;
    if (session === null || current === null) return;
    if (!this.#isLeading()) {
      current.send({ type: 'dataStalled', session: session.id, turn: session.turn });
      return;
    }
    this.#stalled.add(current);
    const next = this.#best();
    if (next !== null && next !== current && !this.#stalled.has(next)) {
      this.#announce(session, next, 'let no data pass');
      return;
    }
    // All were tried: each may be better by now.
    for (const connection of this.#up.keys()) this.#stalled.delete(connection);
    this.#world.onNoOther();
  }

  #isPresent({ session, turn }: ControlMessage): boolean {
    return this.#session !== null && this.#session.id === session && this.#session.turn === turn;
  }

  #isLeading(): boolean {
    return this.#world.own()?.facts.identity === 'primary';
  }

  /** The peer dialed this route again: the connection it made there before is dead, though not yet noticed. */
  #dropReplaced(made: ControlConnection, greeted: Greeted): void {
    if (greeted.peerRoute === null) return;
    for (const [connection, other] of this.#up) {
      if (connection !== made && other.peerRoute === greeted.peerRoute) connection.hangUp('was made anew');
    }
  }

  /** The connection heard lately that has been up longest; one beside which no data passed only where there is no other. */
  #best(): ControlConnection | null {
    const now = this.#world.clock.monotonicMs();
    const recentMs = 1.5 * this.#world.settings.heartbeatMs;
    let best: ControlConnection | null = null;
    for (const connection of this.#up.keys()) {
      if (now - connection.heardMs < recentMs && !this.#stalled.has(connection)) return connection;
      if (best === null || connection.heardMs > best.heardMs) best = connection;
    }
    return best;
  }

  #begin(connection: ControlConnection, greeted: Greeted, id?: string): void {
    const own = this.#world.own();
    this.#sessions += 1;
    const { peer, version, warnings, revisionTold } = greeted;
    const named = id ?? `${own?.facts.instance ?? ''}:${this.#sessions}`;
    const session = new Session({ number: this.#sessions, id: named, peer, version });
    this.#session = session;
    this.#lost = null;
    this.#warnings = warnings;
    const told = { session: session.number, peer: peer.serverId, version };
    this.#world.log.info('The servers are connected', told);
    this.#world.emit({ kind: 'sessionUp', session: session.number, peer, version });
    this.#world.onSessionUp();
    if (own !== null && revisionTold < own.revision) this.tellFacts();
    if (id === undefined) this.#announce(session, connection, 'was replaced');
  }

  #announce(session: Session, connection: ControlConnection, reason: string): void {
    const turn = session.turn + 1;
    connection.send({ type: 'current', session: session.id, turn });
    this.#move(session, connection, { turn, reason });
  }

  #move(session: Session, connection: ControlConnection, options: { turn: number; reason: string }): void {
    session.moveTo(connection, options.turn);
    session.resend();
    const { dialed } = connection;
    const { number, id, version } = session;
    const target = { number, session: id, turn: options.turn, dialed, route: connection.peerName, version };
    this.#world.onCurrent(target, `the connection beside it ${options.reason}`);
  }

  #end(reason: string): void {
    const session = this.#session;
    if (session === null) return;
    this.#world.onCurrent(null, reason);
    this.#session = null;
    this.#world.log.info('The servers are no longer connected', { session: session.number, reason });
    this.#world.emit({ kind: 'sessionDown', session: session.number, reason });
    this.#world.onSessionDown();
  }

  #onOrdered(connection: ControlConnection, message: ControlMessage): void {
    const session = this.#session;
    const body = session?.receive(message, connection) ?? null;
    if (session === null || body === null) return;
    if (body.type === 'app' || body.type === 'part') {
      const whole = body.type === 'part' ? session.parts.take(body) : (body['message'] as ControlMessage | null);
      if (whole === null && body.type === 'part') return;
      if (typeof whole?.type !== 'string') throw new MalformedMessage('a message without a type');
      this.#world.emit({ kind: 'control', session: session.number, message: whole });
    } else if (body.type === 'facts') {
      const facts = readFacts(body['facts']);
      if (facts === null) throw new MalformedMessage('missing or wrong facts');
      session.peer = facts;
      this.#world.onPeerFacts();
      if (this.#session === session) this.#world.emit({ kind: 'peerFacts', session: session.number, peer: facts });
    }
  }

  /** The Primary says which connection is current. */
  #onAnnounced(connection: ControlConnection, message: ControlMessage): void {
    const { session: id, turn } = message;
    const greeted = this.#up.get(connection);
    if (typeof id !== 'string' || typeof turn !== 'number' || greeted === undefined || this.#isLeading()) {
      throw new MalformedMessage('an announcement without session and turn, or from the wrong side');
    }
    if (this.#session?.id === id) {
      if (turn > this.#session.turn) this.#move(this.#session, connection, { turn, reason: 'was replaced' });
      return;
    }
    this.#end('the other server began a new session');
    if (turn !== 1) {
      connection.send({ type: 'sessionUnknown', session: id });
      return;
    }
    this.#begin(connection, greeted, id);
    if (this.#session !== null) this.#move(this.#session, connection, { turn, reason: 'was replaced' });
  }

  /** The other side lost the connection that is current here. */
  #onLost(message: ControlMessage): void {
    const session = this.#session;
    if (session === null || !this.#isPresent(message)) return;
    session.current?.hangUp('was lost by the other server');
  }

  /** The other side no longer holds this session: a new one begins. */
  #onSessionUnknown(connection: ControlConnection, message: ControlMessage): void {
    const greeted = this.#up.get(connection);
    if (this.#session?.id !== message['session'] || greeted === undefined || !this.#isLeading()) return;
    this.#end('the other server lost the session');
    this.#begin(connection, greeted);
  }
}
