import { copyBytes } from '../kernel/bytes.ts';
import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import { type FrameMemory, ownMemory } from '../kernel/frame-memory.ts';
import type { Compression } from '../kernel/compression.ts';
import { FrameReader, FrameViolation, frameHeader } from '../kernel/frames.ts';
import type { SecureSocket } from '../kernel/sockets.ts';
import { CompressedFrameViolation, decodeCompressed, isOfChannel } from './compressed-frame.ts';
import { LOOK_MS } from './compression-choice.ts';
import { decodeMessage, encodeMessage, MalformedMessage } from './control-codec.ts';
import type { ControlMessage } from './control-codec.ts';
import { DataReceipts } from './data-receipts.ts';
import { DataSender } from './data-sender.ts';
import { DATA_BYTES_MAX } from './framing.ts';

/** From this version of the protocol on both sides tell what they received, and may compress frames. */
const FLOW_FROM_VERSION = 2;

export interface DataHandlers {
  /** The first frame: the greeting of the dialing side, or the answer to it. */
  onGreeting(connection: DataConnection, message: ControlMessage): void;
  /** The memory of the frame is the handler's to give back. */
  onFrame(connection: DataConnection, frame: Uint8Array): void;
  /** The other server is to be told what came. */
  onReceiptDue(connection: DataConnection, bytes: number): void;
  /** So much should wait to be sent, at most; null: there is no need for a bound. */
  onThin(connection: DataConnection, bytesAheadMax: number | null): void;
  /** A moment passed: time to see how it does. */
  onLook(connection: DataConnection): void;
  onEnd(connection: DataConnection, end: { reason: string; isViolation: boolean }): void;
}

export interface DataWorld {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly handlers: DataHandlers;
  /** A peer that stops within a frame, or before its greeting, is dropped after this. */
  readonly stallMs: number;
  /** Of the frames after the greeting. */
  readonly memory: FrameMemory;
  readonly compression: Compression;
  /** How busy this thread was since the last call, 0 to 1. */
  readonly busyShare: () => number;
  /** 0: no bound. */
  readonly bytesPerSecondMax: number;
}

/** One data connection: a greeting each way, then frames whose content is others' concern. */
export class DataConnection {
  readonly socket: SecureSocket;
  readonly sender: DataSender;
  /** What the dialing side calls it in its greeting; receipts name it. Null until known. */
  number: number | null = null;
  /** How busy this thread is, measured now and then. */
  busy = 0;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #handlers: DataHandlers;
  readonly #reader: FrameReader;
  readonly #stallMs: number;
  readonly #stopWatch: Cancel;
  #stopLooks: Cancel | null = null;
  readonly #bornMs: number;
  readonly #memory: FrameMemory;
  readonly #compression: Compression;
  readonly #receipts: DataReceipts;
  readonly #look: () => void;
  #isFlowAware = false;
  #isUp = false;
  #isGreeted = false;
  #isEnded = false;
  #heardMs: number;
  #tickedMs = 0;

  constructor(socket: SecureSocket, world: DataWorld) {
    this.socket = socket;
    this.#clock = world.clock;
    this.#timers = world.timers;
    this.#handlers = world.handlers;
    this.#stallMs = world.stallMs;
    this.#bornMs = this.#clock.monotonicMs();
    this.#heardMs = this.#bornMs;
    const { clock, timers, memory, compression, bytesPerSecondMax } = world;
    this.#memory = memory;
    this.#compression = compression;
    this.#look = () => this.#onLook(world.busyShare());
    this.#receipts = new DataReceipts(timers, (bytes) => {
      if (this.#isUp && this.#isFlowAware) this.#handlers.onReceiptDue(this, bytes);
    });
    const onThin = (bytesAheadMax: number | null): void => this.#handlers.onThin(this, bytesAheadMax);
    this.sender = new DataSender(socket, { clock, timers, compression, bytesPerSecondMax, onThin });
    this.#reader = new FrameReader(DATA_BYTES_MAX, (payload) => this.#onFrame(payload), {
      take: (bytes) => (this.#isGreeted ? memory : ownMemory).take(bytes),
      free: (frame) => memory.free(frame),
    });
    socket.onData((data) => this.#onData(data));
    socket.onClose((error) => this.#finish(error === null ? 'it was closed' : error.message, false));
    this.#stopWatch = world.timers.every(world.stallMs / 2, () => this.#watch());
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Bytes that came, greeting included. */
  get receivedBytes(): number {
    return this.#receipts.bytes;
  }

  greet(message: ControlMessage): void {
    const payload = encodeMessage(message);
    this.sender.greet([frameHeader(payload.length), payload]);
  }

  /** @param version - of the protocol, that both speak. */
  setUp(version: number): void {
    this.#isUp = true;
    this.#isFlowAware = version >= FLOW_FROM_VERSION;
    this.#tickedMs = this.#clock.monotonicMs();
    this.#stopLooks = this.#timers.every(LOOK_MS, this.#look);
    if (this.#isFlowAware) this.#handlers.onReceiptDue(this, this.#receipts.bytes);
    this.sender.begin(this.#isFlowAware);
  }

  close(reason: string): void {
    this.socket.destroy();
    this.#finish(reason, false);
  }

  #onData(data: Uint8Array): void {
    if (this.#isEnded) return;
    this.#heardMs = this.#clock.monotonicMs();
    this.#receipts.came(data.length);
    try {
      this.#reader.take(data);
    } catch (error) {
      if (!(error instanceof FrameViolation)) throw error;
      this.#violated(error.message);
    }
  }

  #onFrame(payload: Uint8Array): void {
    if (this.#isGreeted) {
      if (this.#isFlowAware && isOfChannel(payload)) this.#onCompressed(payload);
      else this.#handlers.onFrame(this, payload);
      return;
    }
    this.#isGreeted = true;
    try {
      this.#handlers.onGreeting(this, decodeMessage(payload));
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.#violated(error.message);
    }
  }

  #onCompressed(payload: Uint8Array): void {
    let frame: Uint8Array;
    try {
      const content = decodeCompressed(payload, this.#compression);
      frame = this.#memory.take(content.length);
      copyBytes(content, frame, 0);
    } catch (error) {
      if (!(error instanceof CompressedFrameViolation)) throw error;
      this.#violated(error.message);
      return;
    } finally {
      this.#memory.free(payload);
    }
    this.#handlers.onFrame(this, frame);
  }

  #onLook(busy: number): void {
    const now = this.#clock.monotonicMs();
    // This process was held up: what the peer told meanwhile lies unread.
    const heldUpMs = now - this.#tickedMs - LOOK_MS;
    if (heldUpMs > LOOK_MS) this.sender.heldUp(heldUpMs);
    this.#tickedMs = now;
    this.busy = busy;
    this.sender.look(busy);
    this.#handlers.onLook(this);
  }

  #watch(): void {
    const now = this.#clock.monotonicMs();
    const isStalled = this.#isUp
      ? this.#reader.isMidFrame && now - this.#heardMs > this.#stallMs
      : now - this.#bornMs > this.#stallMs;
    if (isStalled) this.#violated('it stopped in the middle of a frame');
  }

  #violated(reason: string): void {
    this.socket.destroy();
    this.#finish(reason, true);
  }

  #finish(reason: string, isViolation: boolean): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#isUp = false;
    this.#reader.stop();
    this.#stopWatch();
    this.#stopLooks?.();
    this.#receipts.end();
    this.sender.end();
    this.#handlers.onEnd(this, { reason, isViolation });
  }
}
