import { copyBytes } from './bytes.ts';
import { FRAME_HEADER_BYTES, type FrameMemory, ownMemory } from './frame-memory.ts';

/** A frame that breaks the rules; what follows on its connection has no meaning. */
export class FrameViolation extends Error {
  override readonly name = 'FrameViolation';
}

/** The header of a frame with a payload of this length. */
export function frameHeader(payloadBytes: number): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, payloadBytes);
  return header;
}

/** A frame and its header, which is written into the memory before it (see {@link FrameMemory}). */
export function withHeader(frame: Uint8Array): Uint8Array {
  const start = frame.byteOffset - FRAME_HEADER_BYTES;
  new DataView(frame.buffer, start).setUint32(0, frame.length);
  return new Uint8Array(frame.buffer, start, FRAME_HEADER_BYTES + frame.length);
}

/**
 * Cuts a stream of bytes into frames (length, then payload), however the bytes arrive. An announced
 * length is checked before memory is taken for it; an empty frame is a violation. Whoever gets a payload
 * gives its memory back.
 */
export class FrameReader {
  readonly #payloadBytesMax: number;
  readonly #onFrame: (payload: Uint8Array) => void;
  readonly #memory: FrameMemory;
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #payload: Uint8Array | null = null;
  #payloadBytes = 0;
  #stopped = false;

  constructor(payloadBytesMax: number, onFrame: (payload: Uint8Array) => void, memory: FrameMemory = ownMemory) {
    this.#payloadBytesMax = payloadBytesMax;
    this.#onFrame = onFrame;
    this.#memory = memory;
  }

  /** True while a frame has begun and not ended. */
  get isMidFrame(): boolean {
    return this.#headerBytes > 0;
  }

  /** Delivers no more frames, not even those in the bytes being taken now. */
  stop(): void {
    this.#stopped = true;
    if (this.#payload !== null) this.#memory.free(this.#payload);
    this.#payload = null;
  }

  /** @throws FrameViolation where a length is 0 or beyond the limit; the reader is then stopped. */
  take(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      at = this.#payload === null ? this.#takeHeader(chunk, at) : this.#takePayload(this.#payload, chunk, at);
    }
  }

  #takeHeader(chunk: Uint8Array, start: number): number {
    let at = start;
    while (this.#headerBytes < FRAME_HEADER_BYTES && at < chunk.length) {
      this.#header[this.#headerBytes++] = chunk[at++] as number;
    }
    if (this.#headerBytes < FRAME_HEADER_BYTES) return at;
    const length = new DataView(this.#header.buffer).getUint32(0);
    if (length === 0 || length > this.#payloadBytesMax) {
      this.stop();
      throw new FrameViolation(
        length === 0
          ? 'a frame without content'
          : `a frame of ${length} bytes was announced, at most ${this.#payloadBytesMax} are allowed`,
      );
    }
    this.#payload = this.#memory.take(length);
    this.#payloadBytes = 0;
    return at;
  }

  #takePayload(payload: Uint8Array, chunk: Uint8Array, start: number): number {
    const taken = Math.min(payload.length - this.#payloadBytes, chunk.length - start);
    copyBytes(chunk.subarray(start, start + taken), payload, this.#payloadBytes);
    this.#payloadBytes += taken;
    if (this.#payloadBytes === payload.length) {
      this.#payload = null;
      this.#headerBytes = 0;
      this.#onFrame(payload);
    }
    return start + taken;
  }
}
