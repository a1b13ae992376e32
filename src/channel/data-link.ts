import { must } from '../kernel/assert.ts';
import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { FrameMemory } from '../kernel/frame-memory.ts';
import type { Random } from '../kernel/random.ts';
import { formatAddress } from '../kernel/sockets.ts';
import type { Address, SecureSocket, Sockets, TlsCredentials } from '../kernel/sockets.ts';
import { toData, Problem } from '../problems/problem.ts';
import type { ChannelSettings } from './channel-settings.ts';
import type { ChannelEvent } from './channel-event.ts';
import type { ControlMessage } from './control-codec.ts';
import { DataConnection } from './data-connection.ts';
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
  readonly emit: (event: ChannelEvent) => void;
}

/** Keeps exactly one data connection beside the current control connection, and makes it again when it dies. */
export class DataLink {
  readonly #world: World;
  #target: DataTarget | null = null;
  #up: DataConnection | null = null;
  readonly #greeting = new Set<DataConnection>();
  #connections = 0;
  #failures = 0;
  #isPaused = false;
  /** True while connections are closed on purpose: their end is no failure. */
  #isMoving = false;
  #cancelDial: Cancel | null = null;

  constructor(world: World) {
    this.#world = world;
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
    this.#world.board.clear(PROBLEM_KEY);
    if (target !== null && target.dialed !== null) this.#dial(target, target.dialed);
  }

  /** Takes a data connection that the peer dialed. */
  adopt(socket: SecureSocket): void {
    if (this.#greeting.size >= GREETING_MAX) socket.destroy();
    else this.#greeting.add(this.#connect(socket));
  }

  /** False where the data connection is another one by now, is gone, or has more than 1 MiB waiting. */
  send(connection: number, frame: Uint8Array, onDone: () => void): boolean {
    if (this.#up !== null && connection === this.#connections) return this.#up.send(frame, onDone);
    onDone();
    return false;
  }

  /** Closes the data connection that is up, so that a new one is made. */
  renew(reason: string): void {
    this.#up?.close(reason);
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#up?.setPaused(isPaused);
  }

  #connect(socket: SecureSocket): DataConnection {
    const { clock, timers, settings, frameMemory } = this.#world;
    return new DataConnection(socket, {
      clock,
      timers,
      stallMs: Math.max(settings.lostAfterMs, STALL_MS_MIN),
      isPaused: this.#isPaused,
      memory: frameMemory,
      handlers: {
        onGreeting: (connection, message) => this.#onGreeting(connection, message),
        onFrame: (connection, frame) => {
          if (connection === this.#up) this.#world.emit({ kind: 'data', connection: this.#connections, frame });
          else frameMemory.free(frame);
        },
        onDrain: (connection) => {
          if (connection === this.#up) this.#world.emit({ kind: 'dataDrain', connection: this.#connections });
        },
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
      connection.greet({ type: 'dataHello', session: target.session, turn: target.turn });
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
      connection.greet({ type: 'dataWelcome' });
    }
    this.#greeting.delete(connection);
    this.#connections += 1;
    this.#failures = 0;
    this.#up = connection;
    connection.setPaused(this.#isPaused);
    connection.setUp();
    this.#world.board.clear(PROBLEM_KEY);
    this.#world.emit({ kind: 'dataUp', session: target.number, connection: this.#connections });
  }

  #onEnd(connection: DataConnection, end: { reason: string; isViolation: boolean }): void {
    const wasUp = connection === this.#up;
    const wasGreeting = this.#greeting.delete(connection);
    if (end.isViolation) this.#tellViolation(connection, end.reason);
    if (wasUp) {
      this.#up = null;
      const session = must(this.#target, 'target of a data connection that was up').number;
      this.#world.emit({ kind: 'dataDown', session, connection: this.#connections, reason: end.reason });
    }
    if (!this.#isMoving && (wasUp || wasGreeting) && this.#up === null) this.#failed(end.reason);
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
    this.#failures += 1;
    if (this.#failures >= FAILURES_TOLD) {
      board.raise(PROBLEM_KEY, toData(new Problem('CHN-016', { address: formatAddress(address), reason })));
    }
    this.#cancelDial = timers.after(delayMs, () => this.#dial(target, address));
  }
}
