import { ByteRate } from '../kernel/byte-rate.ts';
import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { Compression } from '../kernel/compression.ts';
import { withHeader } from '../kernel/frames.ts';
import type { SecureSocket } from '../kernel/sockets.ts';
import { KIB, type MonotonicMs } from '../kernel/units.ts';
import { CompressionChoice } from './compression-choice.ts';
import { FrameCompressor } from './frame-compressor.ts';
import { SendWindow } from './send-window.ts';

/** Frames are written in pieces of that size where the link is thin, so that the window is kept. */
const PIECE_BYTES = 64 * KIB;
const PIECE_BYTES_MIN = 4 * KIB;
/** Where the rate is bounded, pieces are at most what may go in this part of a second. */
const PIECES_PER_SECOND = 20;

interface Waiting {
  readonly frame: Uint8Array;
  readonly onDone: () => void;
}

/** A frame of which part is written. */
interface Writing {
  readonly bytes: Uint8Array;
  /** Null where the frame's memory was given back already. */
  readonly onDone: (() => void) | null;
  at: number;
}

/** What the other server says of this data connection, over the control connection. */
export interface Receipt {
  /** Everything that came since the connection was made, headers and greeting included. */
  readonly bytes: number;
  /** How busy the receiving thread is: 0 waits all the time, 1 has no time left. */
  readonly busy: number;
}

/** What was sent since the connection was made. */
export interface Sent {
  /** Frames as the stream made them. */
  readonly frameBytes: number;
  /** The same as they went over the link. */
  readonly linkBytes: number;
}

/**
 * The sending side of a data connection: frames leave in the order in which they came, no more of them at a
 * time than the link takes soon, at the rate that is allowed, and compressed where that helps.
 */
export class DataSender {
  readonly #socket: SecureSocket;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #compressor: FrameCompressor;
  readonly #window = new SendWindow();
  readonly #choice = new CompressionChoice();
  readonly #rate: ByteRate;
  readonly #onThin: (bytesAheadMax: number | null) => void;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Writing | null = null;
  #isAware = false;
  #isEnded = false;
  #cancelPause: Cancel | null = null;
  /** Bytes that the socket took, for a peer that sends no receipts. */
  #taken = 0;
  #held: { since: MonotonicMs | null; totalMs: number };
  #look: { at: MonotonicMs; frameBytes: number };
  #peerBusy = 0;
  #frameBytes = 0;
  #linkBytes = 0;
  #told: number | null | undefined;

  /** @param world.onThin - how much should wait before the link, at most, from now on; null: there is no need for a bound. */
  constructor(
    socket: SecureSocket,
    world: {
      readonly clock: Clock;
      readonly timers: Timers;
      readonly compression: Compression;
      readonly bytesPerSecondMax: number;
      readonly onThin: (bytesAheadMax: number | null) => void;
    },
  ) {
    const now = world.clock.monotonicMs();
    this.#socket = socket;
    this.#clock = world.clock;
    this.#timers = world.timers;
    this.#compressor = new FrameCompressor(world.compression);
    this.#rate = new ByteRate(world.bytesPerSecondMax, now);
    this.#onThin = world.onThin;
    this.#held = { since: null, totalMs: 0 };
    this.#look = { at: now, frameBytes: 0 };
  }

  get sent(): Sent {
    return { frameBytes: this.#frameBytes, linkBytes: this.#linkBytes };
  }

  get isCompressing(): boolean {
    return this.#choice.isOn;
  }

  /** Bytes that wait here or are on their way. */
  get bytesWaiting(): number {
    const { at, bytes } = this.#writing ?? { at: 0, bytes: { length: 0 } };
    return this.#waitingBytes + bytes.length - at + this.#window.bytesUnderWay;
  }

  /** Bytes that the other server said it received. */
  get bytesPassed(): number {
    return this.#window.bytesReceived;
  }

  /** For how long something has been on its way of which nothing was received. */
  silentMs(): number {
    return this.#window.silentMs(this.#clock.monotonicMs());
  }

  /** This process was held up for so long. */
  heldUp(forMs: number): void {
    this.#window.heldUp(forMs, this.#clock.monotonicMs());
  }

  /** The greeting, before anything else. */
  greet(parts: readonly Uint8Array[]): void {
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    this.#window.sent(bytes, this.#clock.monotonicMs());
    this.#taken += bytes;
    this.#socket.writeParts(parts);
  }

  /** Frames may go from now on. @param isAware - the peer sends receipts and takes compressed frames. */
  begin(isAware: boolean): void {
    this.#isAware = isAware;
    if (!this.#isAware) this.#window.received(this.#taken, this.#clock.monotonicMs());
    this.#tellThin();
    this.#pump();
  }

  /**
   * @param frame - with room for its header before it (see FrameMemory).
   * @param onDone - called once, when nobody needs the frame any more.
   */
  send(frame: Uint8Array, onDone: () => void): void {
    if (this.#isEnded) return onDone();
    this.#frameBytes += frame.length;
    this.#waitingBytes += frame.length;
    this.#waiting.push({ frame, onDone });
    this.#pump();
  }

  /** May come before the answer to the greeting. @returns false where it speaks of bytes that were never sent. */
  onReceipt(receipt: Receipt): boolean {
    if (this.#isEnded) return true;
    if (!this.#window.received(receipt.bytes, this.#clock.monotonicMs())) return false;
    this.#peerBusy = receipt.busy;
    this.#tellThin();
    this.#pump();
    return true;
  }

  /** From now on. @param bytesPerSecondMax - 0: no bound. */
  limit(bytesPerSecondMax: number): void {
    this.#rate.change(bytesPerSecondMax, this.#clock.monotonicMs());
    this.#cancelPause?.();
    this.#cancelPause = null;
    this.#tellThin();
    this.#pump();
  }

  /** Decides again whether to compress. @param busy - how busy this thread is, 0 to 1. */
  look(busy: number): void {
    const now = this.#clock.monotonicMs();
    const lastedMs = now - this.#look.at;
    if (!this.#isAware || lastedMs <= 0) return;
    const { bytesPerSecond } = this.#window;
    const limit = this.#rate.bytesPerSecond;
    const link = limit === 0 ? bytesPerSecond : Math.min(limit, bytesPerSecond ?? limit);
    const frameBytesPerSecond = ((this.#frameBytes - this.#look.frameBytes) * 1000) / lastedMs;
    const waiting = this.#heldMs(now) / lastedMs;
    const peerBusy = this.#peerBusy;
    this.#choice.look({ waiting, linkBytesPerSecond: link, frameBytesPerSecond, busy, peerBusy }, now);
    this.#look = { at: now, frameBytes: this.#frameBytes };
    this.#held.totalMs = 0;
    if (this.#held.since !== null) this.#held.since = now;
  }

  /** The connection ended: what waits is given back. */
  end(): void {
    this.#isEnded = true;
    this.#cancelPause?.();
    this.#writing?.onDone?.();
    this.#writing = null;
    for (const { onDone } of this.#waiting.splice(0)) onDone();
    this.#waitingBytes = 0;
  }

  #pump(): void {
    while (!this.#isEnded && this.#cancelPause === null) {
      const writing = this.#writing ?? this.#next();
      if (writing === null) return this.#hold(this.#window.isFull);
      this.#writing = writing;
      if (this.#window.isFull) {
        this.#window.heldBack();
        return this.#hold(true);
      }
      const waitMs = this.#rate.waitMs(this.#clock.monotonicMs());
      if (waitMs > 0) {
        this.#hold(true);
        this.#cancelPause = this.#timers.after(waitMs, () => {
          this.#cancelPause = null;
          this.#pump();
        });
        return;
      }
      this.#writePiece(writing);
    }
  }

  #next(): Writing | null {
    const next = this.#waiting.shift();
    if (next === undefined) return null;
    this.#waitingBytes -= next.frame.length;
    const compressed = this.#choice.isOn ? this.#compressor.compress(next.frame) : null;
    if (compressed === null) return { bytes: withHeader(next.frame), onDone: next.onDone, at: 0 };
    next.onDone();
    return { bytes: compressed, onDone: null, at: 0 };
  }

  #writePiece(writing: Writing): void {
    const { bytes, at, onDone } = writing;
    const piece = at === 0 && bytes.length <= this.#pieceBytes ? bytes : bytes.subarray(at, at + this.#pieceBytes);
    writing.at += piece.length;
    const isLast = writing.at === bytes.length;
    if (isLast) this.#writing = null;
    this.#rate.spend(piece.length);
    this.#linkBytes += piece.length;
    this.#window.sent(piece.length, this.#clock.monotonicMs());
    this.#socket.write(piece, () => {
      if (isLast) onDone?.();
      if (!this.#isAware) this.#onTaken(piece.length);
    });
  }

  get #pieceBytes(): number {
    const { bytesPerSecond } = this.#rate;
    if (bytesPerSecond > 0) {
      return Math.max(PIECE_BYTES_MIN, Math.min(PIECE_BYTES, Math.floor(bytesPerSecond / PIECES_PER_SECOND)));
    }
    return this.#window.isLarge ? Number.MAX_SAFE_INTEGER : PIECE_BYTES;
  }

  /** A peer of protocol version 1 sends no receipts: what the kernel took is all that is known. */
  #onTaken(bytes: number): void {
    this.#taken += bytes;
    if (this.#isEnded) return;
    this.#window.received(this.#taken, this.#clock.monotonicMs());
    this.#tellThin();
    this.#pump();
  }

  #tellThin(): void {
    const bytesAheadMax = this.#bytesAheadMax();
    if (bytesAheadMax === this.#told) return;
    this.#told = bytesAheadMax;
    this.#onThin(bytesAheadMax);
  }

  #bytesAheadMax(): number | null {
    const { bytesMax, isWide, isLarge } = this.#window;
    if (this.#rate.bytesPerSecond > 0) return Math.round(Math.min(2 * this.#pieceBytes, bytesMax) / 4);
    if (isWide) return null;
    return isLarge ? bytesMax : Math.round(bytesMax / 4);
  }

  #hold(isHeld: boolean): void {
    const held = this.#held;
    if (isHeld === (held.since !== null)) return;
    const now = this.#clock.monotonicMs();
    if (held.since !== null) held.totalMs += now - held.since;
    held.since = isHeld ? now : null;
  }

  #heldMs(now: MonotonicMs): number {
    return this.#held.totalMs + (this.#held.since === null ? 0 : now - this.#held.since);
  }
}
