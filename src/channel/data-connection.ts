import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import { type FrameMemory, ownMemory } from '../kernel/frame-memory.ts';
import { FrameReader, FrameViolation, frameHeader, withHeader } from '../kernel/frames.ts';
import type { SecureSocket } from '../kernel/sockets.ts';
import { MIB } from '../kernel/units.ts';
import { decodeMessage, encodeMessage, MalformedMessage } from './control-codec.ts';
import type { ControlMessage } from './control-codec.ts';
import { DATA_BYTES_MAX } from './framing.ts';

/** Above this many waiting bytes the sender is asked to wait. */
const BUFFERED_BYTES_MAX = MIB;

export interface DataHandlers {
  /** The first frame: the greeting of the dialing side, or the answer to it. */
  onGreeting(connection: DataConnection, message: ControlMessage): void;
  /** The memory of the frame is the handler's to give back. */
  onFrame(connection: DataConnection, frame: Uint8Array): void;
  onDrain(connection: DataConnection): void;
  onEnd(connection: DataConnection, end: { reason: string; isViolation: boolean }): void;
}

/** One data connection: a greeting each way, then frames whose content is others' concern. */
export class DataConnection {
  readonly socket: SecureSocket;
  readonly #clock: Clock;
  readonly #handlers: DataHandlers;
  readonly #reader: FrameReader;
  readonly #stallMs: number;
  readonly #stopWatch: Cancel;
  readonly #bornMs: number;
  #isUp = false;
  #isGreeted = false;
  #isPaused = false;
  #isEnded = false;
  #isFull = false;
  #heardMs: number;

  /**
   * @param world.stallMs - a peer that stops within a frame, or before its greeting, is dropped after this.
   * @param world.memory - of the frames after the greeting.
   */
  constructor(
    socket: SecureSocket,
    world: {
      clock: Clock;
      timers: Timers;
      handlers: DataHandlers;
      stallMs: number;
      isPaused: boolean;
      memory: FrameMemory;
    },
  ) {
    this.socket = socket;
    this.#clock = world.clock;
    this.#handlers = world.handlers;
    this.#stallMs = world.stallMs;
    this.#bornMs = this.#clock.monotonicMs();
    this.#heardMs = this.#bornMs;
    const { memory } = world;
    this.#reader = new FrameReader(DATA_BYTES_MAX, (payload) => this.#onFrame(payload), {
      take: (bytes) => (this.#isGreeted ? memory : ownMemory).take(bytes),
      free: (frame) => memory.free(frame),
    });
    socket.onData((data) => this.#onData(data));
    socket.onDrain(() => this.#onDrain());
    socket.onClose((error) => this.#finish(error === null ? 'it was closed' : error.message, false));
    this.#stopWatch = world.timers.every(world.stallMs / 2, () => this.#watch());
    this.#isPaused = world.isPaused;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  greet(message: ControlMessage): void {
    const payload = encodeMessage(message);
    this.socket.writeParts([frameHeader(payload.length), payload]);
  }

  setUp(): void {
    this.#isUp = true;
    if (this.#isPaused) this.socket.pause();
  }

  /**
   * False when more is buffered than should be: wait for the drain.
   * @param frame - with room for its header before it (see {@link FrameMemory}).
   * @param onDone - called once, when nobody needs the frame any more.
   */
  send(frame: Uint8Array, onDone: () => void): boolean {
    this.socket.write(withHeader(frame), onDone);
    this.#isFull = this.socket.bufferedBytes > BUFFERED_BYTES_MAX;
    return !this.#isFull;
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (!this.#isUp || this.#isEnded) return;
    if (isPaused) this.socket.pause();
    else {
      this.#heardMs = this.#clock.monotonicMs();
      this.socket.resume();
    }
  }

  close(reason: string): void {
    this.socket.destroy();
    this.#finish(reason, false);
  }

  #onData(data: Uint8Array): void {
    if (this.#isEnded) return;
    this.#heardMs = this.#clock.monotonicMs();
    try {
      this.#reader.take(data);
    } catch (error) {
      if (!(error instanceof FrameViolation)) throw error;
      this.#violated(error.message);
    }
  }

  #onFrame(payload: Uint8Array): void {
    if (this.#isGreeted) {
      this.#handlers.onFrame(this, payload);
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

  #onDrain(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    if (!this.#isEnded) this.#handlers.onDrain(this);
  }

  #watch(): void {
    const now = this.#clock.monotonicMs();
    const isStalled = this.#isUp
      ? !this.#isPaused && this.#reader.isMidFrame && now - this.#heardMs > this.#stallMs
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
    this.#handlers.onEnd(this, { reason, isViolation });
  }
}
