import { must } from '../kernel/assert.ts';
import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { Compression } from '../kernel/compression.ts';
import type { FrameMemory } from '../kernel/frame-memory.ts';
import type { Random } from '../kernel/random.ts';
import { formatAddress } from '../kernel/sockets.ts';
import type { Address, SecureSocket, Sockets, TlsCredentials } from '../kernel/sockets.ts';
import { toData, Problem } from '../problems/problem.ts';
import type { ChannelSettings } from './channel-settings.ts';
import type { ChannelEvent } from './channel-event.ts';
import { type ControlMessage, MalformedMessage } from './control-codec.ts';
import { DataConnection } from './data-connection.ts';
import { DataStall } from './data-stall.ts';
import { type DataFlow, FlowMeter } from './flow-meter.ts';
import { DATA_PROTOCOL } from './framing.ts';
import type { ProblemBoard } from './problem-board.ts';
import { retryDelayMs } from './route-machine.ts';

/** Inbound data connections whose greeting is awaited. */
const GREETING_MAX = 4;
/** A peer that stops within a frame is dropped, not before this. */
const STALL_MS_MIN = 10_000;
/** Failures in a row before it is told. */
const FAILURES_TOLD = 3;
const PROBLEM_KEY = 'data';

/** Which control connection the data connection belongs to. */
export interface DataTarget {
  /** The owner's number of the session. */
  readonly number: number;
  readonly session: string;
  readonly turn: number;
  /** Where to dial; null where the peer dials. */
  readonly dialed: Address | null;
  /** The server at the other end, as people know it. */
  readonly route: string;
  /** Of the protocol. */
  readonly version: number;
}

interface World {
  readonly sockets: Sockets;
  readonly credentials: TlsCredentials;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly settings: ChannelSettings;
  readonly board: ProblemBoard;
  readonly frameMemory: FrameMemory;
  readonly compression: Compression;
  readonly busyShare: () => number;
  readonly emit: (event: ChannelEvent) => void;
  /** Says it to the other server, beside the data. */
  readonly tell: (message: ControlMessage) => void;
  /** Round trip on the control connection; null where no heartbeat was answered just now. */
  readonly roundTripMs: () => number | null;
  /** When the last heartbeat that was answered on the control connection was sent; null: none. Monotonic. */
  readonly answeredMs: () => number | null;
  /** No data passes on this route: another one is to be tried. */
  readonly onStalled: () => void;
}

/** Keeps exactly one data connection beside the current control connection, and makes it again when it dies. */
export class DataLink {
  readonly #world: World;
  #target: DataTarget | null = null;
  #up: DataConnection | null = null;
  readonly #greeting = new Set<DataConnection>();
  /** Those that this side dialed. */
  readonly #dialed = new WeakSet<DataConnection>();
  readonly #stall: DataStall;
  readonly #meter = new FlowMeter();
  #bytesPerSecondMax: number;
  #connections = 0;
  #dials = 0;
  #failures = 0;
  /** When the first of the failures in a row came. */
  #failingSinceMs = 0;
  /** True while connections are closed on purpose: their end is no failure. */
  #isMoving = false;
  #cancelDial: Cancel | null = null;

  constructor(world: World) {
    this.#world = world;
    this.#bytesPerSecondMax = world.settings.bytesPerSecondMax;
    this.#stall = new DataStall({
      board: world.board,
      afterMs: world.settings.lostAfterMs,
      onStalled: () => world.onStalled(),
    });
  }

  /** What goes over it at present. */
  get flow(): DataFlow {
    return this.#meter.flow;
  }

  /** Another control connection is current, or none: the data connection of the one before closes. */
  follow(target: DataTarget | null, reason: string): void {
    this.#cancelDial?.();
    this.#cancelDial = null;
    this.#isMoving = true;
    for (const connection of this.#greeting) connection.close(reason);
    this.#up?.close(reason);
    this.#isMoving = false;
    this.#target = target;
    this.#failures = 0;
    this.#stall.moved(target?.route ?? null);
    this.#world.board.clear(PROBLEM_KEY);
    if (target !== null && target.dialed !== null) this.#dial(target, target.dialed);
  }

  /** Takes a data connection that the peer dialed. */
  adopt(socket: SecureSocket): void {
    if (this.#greeting.size >= GREETING_MAX) socket.destroy();
    else this.#greeting.add(this.#connect(socket));
  }

  /** Sent over that connection or not at all. @param onDone - called once, when nobody needs the frame any more. */
  send(connection: number, frame: Uint8Array, onDone: () => void): void {
    if (this.#up !== null && connection === this.#connections) this.#up.sender.send(frame, onDone);
    else onDone();
  }

  /** From now on. @param bytesPerSecondMax - 0: no bound. */
  limit(bytesPerSecondMax: number): void {
    this.#bytesPerSecondMax = bytesPerSecondMax;
    for (const connection of this.#greeting) connection.sender.limit(bytesPerSecondMax);
    this.#up?.sender.limit(bytesPerSecondMax);
  }

  /**
   * No data passes on the connection that is up: a new one is made. The other server is told, for where nothing
   * passes the end of a connection does not either.
   */
  makeAnew(): void {
    const { session, turn } = this.#target ?? {};
    if (this.#up !== null) this.#world.tell({ type: 'dataRenewed', session, turn, number: this.#up.number });
    this.renew('no data passed');
  }

  /**
   * The other server says what came of what was sent, or that it gave a connection up.
   * @throws MalformedMessage
   */
  told(message: ControlMessage): void {
    const { session, turn, number } = message;
    if (session !== this.#target?.session || turn !== this.#target?.turn) return;
    if (message.type === 'dataReceived') this.#onReceipt(message);
    else if (this.#up !== null && this.#up.number === number) this.renew('no data passed to the other server');
  }

  #onReceipt({ number, bytes, busy }: ControlMessage): void {
    if (!Number.isSafeInteger(bytes) || typeof busy !== 'number' || !(busy >= 0 && busy <= 1)) {
      throw new MalformedMessage('a receipt without values');
    }
    for (const connection of [this.#up, ...this.#greeting]) {
      if (connection === null || connection.number !== number) continue;
      if (connection.sender.onReceipt({ bytes: bytes as number, busy })) continue;
      throw new MalformedMessage('a receipt of what was never sent');
    }
  }

  /** Closes the data connection that is up, so that a new one is made. */
  renew(reason: string): void {
    this.#up?.close(reason);
  }

  #connect(socket: SecureSocket): DataConnection {
    const { clock, timers, settings, frameMemory, compression, busyShare } = this.#world;
    return new DataConnection(socket, {
      clock,
      timers,
      stallMs: Math.max(settings.lostAfterMs, STALL_MS_MIN),
      memory: frameMemory,
      compression,
      busyShare,
      bytesPerSecondMax: this.#bytesPerSecondMax,
      handlers: {
        onGreeting: (connection, message) => this.#onGreeting(connection, message),
        onFrame: (connection, frame) => {
          if (connection === this.#up) this.#world.emit({ kind: 'data', connection: this.#connections, frame });
          else frameMemory.free(frame);
        },
        onReceiptDue: (connection, bytes) => this.#tellReceived(connection, bytes),
        onThin: (connection, bytesAheadMax) => {
          if (connection !== this.#up) return;
          this.#world.emit({ kind: 'dataThin', connection: this.#connections, bytesAheadMax });
        },
        onLook: (connection) => this.#look(connection),
        onEnd: (connection, end) => this.#onEnd(connection, end),
      },
    });
  }

  #dial(target: DataTarget, address: Address): void {
    const { sockets, credentials, settings } = this.#world;
    const options = { credentials, protocol: DATA_PROTOCOL, timeoutMs: settings.connectMs };
    this.#cancelDial = sockets.connect(address, options, (result) => {
      this.#cancelDial = null;
      if ('error' in result) {
        this.#failed(`the server there ${result.error.message}`);
        return;
      }
      const connection = this.#connect(result.socket);
      this.#greeting.add(connection);
      this.#dialed.add(connection);
      connection.number = ++this.#dials;
      const { session, turn } = target;
      connection.greet({ type: 'dataHello', session, turn, number: connection.number });
    });
  }

  #onGreeting(connection: DataConnection, message: ControlMessage): void {
    const target = this.#target;
    if (target === null) return connection.close('there is no session');
    if (target.dialed !== null) {
      if (message.type !== 'dataWelcome') return connection.close('the greeting is not that of a data connection');
    } else {
      const fits = message['session'] === target.session && message['turn'] === target.turn;
      if (message.type !== 'dataHello' || !fits) return connection.close('it belongs to another session');
      this.#up?.close('the other server made a new one');
      // A peer of protocol version 1 does not number them.
      if (typeof message['number'] === 'number') connection.number = message['number'];
      connection.greet({ type: 'dataWelcome' });
    }
    this.#greeting.delete(connection);
    this.#connections += 1;
    this.#failures = 0;
    this.#up = connection;
    this.#meter.reset(this.#world.clock.monotonicMs());
    this.#world.board.clear(PROBLEM_KEY);
    this.#world.emit({ kind: 'dataUp', session: target.number, connection: this.#connections });
    connection.setUp(target.version);
  }

  #tellReceived(connection: DataConnection, bytes: number): void {
    const target = this.#target;
    if (connection !== this.#up || target === null) return;
    const { session, turn } = target;
    const { number, busy } = connection;
    this.#world.tell({ type: 'dataReceived', session, turn, number, bytes, busy });
  }

  #look(connection: DataConnection): void {
    const target = this.#target;
    if (connection !== this.#up || target === null) return;
    const { sender, receivedBytes } = connection;
    this.#meter.note({ ...sender.sent, receivedBytes }, sender.isCompressing, this.#world.clock.monotonicMs());
    this.#stall.look(target.route, {
      silentMs: sender.silentMs(),
      bytesWaiting: sender.bytesWaiting,
      bytesPassed: sender.bytesPassed,
      roundTripMs: this.#world.roundTripMs(),
    });
  }

  #onEnd(connection: DataConnection, end: { reason: string; isViolation: boolean }): void {
    const wasUp = connection === this.#up;
    const wasGreeting = this.#greeting.delete(connection);
    if (end.isViolation) this.#tellViolation(connection, end.reason);
    if (wasUp) {
      this.#up = null;
      this.#meter.reset(this.#world.clock.monotonicMs());
      const session = must(this.#target, 'target of a data connection that was up').number;
      this.#world.emit({ kind: 'dataDown', session, connection: this.#connections, reason: end.reason });
    }
    // One that the other server dialed for an earlier turn says nothing of this side's own try.
    const isOwn = wasUp || (wasGreeting && this.#dialed.has(connection));
    if (!this.#isMoving && isOwn && this.#up === null) this.#failed(end.reason);
  }

  #tellViolation(connection: DataConnection, reason: string): void {
    const { host } = connection.socket.remote;
    const problem = toData(new Problem('CHN-013', { address: host, reason }));
    this.#world.board.raisePassing(`nonsense ${host}`, problem, this.#world.settings.waitMs);
  }

  #failed(reason: string): void {
    const target = this.#target;
    if (target === null || target.dialed === null) return;
    const { board, timers, random, settings } = this.#world;
    const address = target.dialed;
    const delayMs = retryDelayMs(this.#failures, settings.refusedRetryMsMax, random(), settings);
    if (this.#failures === 0) this.#failingSinceMs = this.#world.clock.monotonicMs();
    this.#failures += 1;
    if (this.#failures >= FAILURES_TOLD && this.#isControlWell()) {
      board.raise(PROBLEM_KEY, toData(new Problem('CHN-016', { address: formatAddress(address), reason })));
    }
    this.#cancelDial = timers.after(delayMs, () => this.#dial(target, address));
    // Small messages pass here and data does not: another route may be better.
    if (this.#failures % FAILURES_TOLD === 0) this.#world.onStalled();
  }

  /** Whether small messages were answered since data failed. Where they are not, the channel itself is about to be lost. */
  #isControlWell(): boolean {
    return (this.#world.answeredMs() ?? 0) > this.#failingSinceMs;
  }
}
