import type { FrameMemory } from '../../kernel/frame-memory.ts';
import { RANGE_BYTES } from '../../changes/change.ts';
import { KIB } from '../../kernel/units.ts';

/** A frame of content is sent once it has so much; … */
export const FRAME_CONTENT_BYTES = 512 * KIB;
/** … the last answer then fits as well. */
export const CONTENT_BYTES_MAX = FRAME_CONTENT_BYTES + RANGE_BYTES;
/** Room before the content for what is said about it; where it does not fit, the frame is joined as any other. */
const SAID_BYTES_MAX = 64 * KIB;

/**
 * A frame of content that is made where it is sent from: files are read into memory that is handed to the
 * channel worker, and what is said about them is written before it, once it is known.
 */
export class ContentDraft {
  readonly #memory: FrameMemory;
  readonly #contentBytes: number;
  #taken: Uint8Array | null = null;

  /** @param contentBytes - that one frame holds at most. */
  constructor(memory: FrameMemory, contentBytes: number) {
    this.#memory = memory;
    this.#contentBytes = contentBytes;
  }

  /** Where the content of the next frame is to be put, from its beginning. The same until {@link finish} takes it. */
  get content(): Uint8Array {
    this.#taken ??= this.#memory.take(SAID_BYTES_MAX + this.#contentBytes);
    return this.#taken.subarray(SAID_BYTES_MAX);
  }

  /** @returns the frame, and the draft is no more; null where the parts after the first are not this draft's content. */
  finish(parts: readonly Uint8Array[]): Uint8Array | null {
    const taken = this.#taken;
    const [said, ...contents] = parts;
    if (taken === null || said === undefined || contents.length === 0 || said.length > SAID_BYTES_MAX) return null;
    const start = taken.byteOffset + SAID_BYTES_MAX;
    let end = start;
    for (const part of contents) {
      if (part.buffer !== taken.buffer || part.byteOffset !== end) return null;
      end += part.length;
    }
    const frame = Buffer.from(taken.buffer, start - said.length, said.length + end - start);
    frame.set(said);
    this.#taken = null;
    return frame;
  }
}
