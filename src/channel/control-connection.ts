import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import { FrameReader, FrameViolation, frameHeader } from '../kernel/frames.ts';
import { type Address, formatAddress, type SecureSocket } from '../kernel/sockets.ts';
import type { ChannelSettings } from './channel-settings.ts';
import { decodeMessage, encodeMessage, MalformedMessage } from './control-codec.ts';
import type { ControlMessage } from './control-codec.ts';
import { CONTROL_BYTES_MAX } from './framing.ts';

/** Heartbeats whose answer is still awaited on one connection. */
const HEARTBEATS_AWAITED_MAX = 32;
/** A connection told to end is dropped when the peer does not end it too. */
const END_MS = 1000;

/** How a control connection ended; `violation` where the peer's bytes broke the rules. */
export interface ConnectionEnd {
  readonly kind: 'closed' | 'silent' | 'violation' | 'hungUp';
  readonly reason: string;
}

export interface ControlHandlers {
  /** Any message but heartbeats. What it throws as MalformedMessage ends the connection. */
  onMessage(connection: ControlConnection, message: ControlMessage): void;
  /** A heartbeat was answered: round trip, and the peer's clock minus this one's. */
  onMeasured(connection: ControlConnection): void;
  /** A heartbeat came; its fields may say what the peer received. */
  onHeartbeat(connection: ControlConnection, message: ControlMessage): void;
  /** Fields to send along with each heartbeat. */
  heartbeatFields(): Readonly<Record<string, unknown>>;
  onTick(connection: ControlConnection): void;
  onEnd(connection: ControlConnection, end: ConnectionEnd): void;
}

/**
 * One control connection: frames, heartbeats with their round trip, and the deadline by which
 * something whole must have come. What the messages mean is its owner's.
 */
export class ControlConnection {
  readonly socket: SecureSocket;
  /** The address dialed; null where the peer dialed. */
  readonly dialed: Address | null;
  roundTripMs: number | null = null;
  clockDifferenceMs: number | null = null;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #settings: ChannelSettings;
  readonly #handlers: ControlHandlers;
  readonly #reader: FrameReader;
  readonly #awaited = new Map<number, number>();
  #heartbeats = 0;
  #isUp = false;
  #heardMs: number;
  #answeredMs: number | null = null;
  #tickedMs: number;
  #stopTicks: Cancel;
  #isEnded = false;

  constructor(
    socket: SecureSocket,
    dialed: Address | null,
    world: { clock: Clock; timers: Timers; settings: ChannelSettings; handlers: ControlHandlers },
  ) {
    this.socket = socket;
    this.dialed = dialed;
    this.#clock = world.clock;
    this.#timers = world.timers;
    this.#settings = world.settings;
    this.#handlers = world.handlers;
    this.#heardMs = this.#clock.monotonicMs();
    this.#tickedMs = this.#heardMs;
    this.#reader = new FrameReader(CONTROL_BYTES_MAX, (payload) => this.#onFrame(payload));
    socket.onData((data) => this.#onData(data));
    socket.onClose((reason) => this.#finish({ kind: 'closed', reason: closeReason(reason) }));
    this.#stopTicks = this.#timers.every(world.settings.heartbeatMs, () => this.#tick());
  }

  /** How the server at the other end is named to people: the address dialed, or where it came from. */
  get peerName(): string {
    return this.dialed === null ? this.socket.remote.host : formatAddress(this.dialed);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Monotonic time at which something whole last came. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** Monotonic time at which the last heartbeat that was answered was sent: both ways worked then. */
  get answeredMs(): number | null {
    return this.#answeredMs;
  }

  /** From now on it carries heartbeats and stays open. */
  setUp(): void {
    this.#isUp = true;
    this.#heartbeat();
  }

  send(message: ControlMessage): void {
    this.sendEncoded(encodeMessage(message));
  }

  sendEncoded(payload: Uint8Array): void {
    if (!this.#isEnded) this.socket.writeParts([frameHeader(payload.length), payload]);
  }

  /** Sends what is buffered, then closes. Nothing more comes from it but its end. */
  hangUp(reason: string): void {
    if (this.#isEnded) return;
    this.socket.end();
    const cancel = this.#timers.after(END_MS, () => this.socket.destroy());
    this.socket.onClose(cancel);
    this.#finish({ kind: 'hungUp', reason });
  }

  #onData(data: Uint8Array): void {
    if (this.#isEnded) return;
    try {
      this.#reader.take(data);
    } catch (error) {
      if (!(error instanceof FrameViolation)) throw error;
      this.#violated(error.message);
    }
  }

  #onFrame(payload: Uint8Array): void {
    this.#heardMs = this.#clock.monotonicMs();
    try {
      this.#onMessage(decodeMessage(payload));
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.#violated(error.message);
    }
  }

  #onMessage(message: ControlMessage): void {
    if (message.type === 'heartbeat') {
      this.send({ type: 'heartbeatAnswer', number: message['number'], wallMs: this.#clock.wallMs() });
      this.#handlers.onHeartbeat(this, message);
    } else if (message.type === 'heartbeatAnswer') {
      this.#measure(message['number'], message['wallMs']);
    } else {
      this.#handlers.onMessage(this, message);
    }
  }

  #measure(number: unknown, wallMs: unknown): void {
    if (typeof number !== 'number' || typeof wallMs !== 'number')
      throw new MalformedMessage('a heartbeat answer without values');
    const sentMs = this.#awaited.get(number);
    if (sentMs === undefined) return;
    this.#awaited.delete(number);
    this.#answeredMs = sentMs;
    this.roundTripMs = Math.max(0, this.#clock.monotonicMs() - sentMs);
    this.clockDifferenceMs = wallMs + this.roundTripMs / 2 - this.#clock.wallMs();
    this.#handlers.onMeasured(this);
  }

  #heartbeat(): void {
    const number = ++this.#heartbeats;
    this.#awaited.set(number, this.#clock.monotonicMs());
    this.#awaited.delete(number - HEARTBEATS_AWAITED_MAX);
    this.send({ type: 'heartbeat', number, ...this.#handlers.heartbeatFields() });
  }

  #tick(): void {
    const now = this.#clock.monotonicMs();
    const { heartbeatMs, lostAfterMs, greetingMs } = this.#settings;
    // This process was held up: what the peer sent meanwhile lies unread, so its silence proves nothing yet.
    const heldUpMs = now - this.#tickedMs - heartbeatMs;
    // What came just now was heard now, and not later.
    if (heldUpMs > heartbeatMs) this.#heardMs = Math.min(now, this.#heardMs + heldUpMs);
    this.#tickedMs = now;
    const limitMs = this.#isUp ? lostAfterMs : greetingMs;
    if (now - this.#heardMs > limitMs) {
      this.socket.destroy();
      this.#finish({ kind: 'silent', reason: `said nothing for ${Math.round(now - this.#heardMs)} ms` });
      return;
    }
    if (!this.#isUp) return;
    this.#heartbeat();
    this.#handlers.onTick(this);
  }

  #violated(reason: string): void {
    this.socket.destroy();
    this.#finish({ kind: 'violation', reason });
  }

  #finish(end: ConnectionEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#isUp = false;
    this.#reader.stop();
    this.#stopTicks();
    this.#handlers.onEnd(this, end);
  }
}

function closeReason(error: Error | null): string {
  return error === null ? 'closed the connection' : `broke the connection (${error.message})`;
}
