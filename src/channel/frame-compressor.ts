import type { Compression } from '../kernel/compression.ts';
import { KIB } from '../kernel/units.ts';
import { encodeCompressed } from './compressed-frame.ts';

/** Smaller frames are mostly what is said about content, and not worth the work. */
const FRAME_BYTES_MIN = 512;
/** Of a long frame that much is tried first, in so many places. */
const SAMPLE_BYTES = 16 * KIB;
const SAMPLE_PLACES = 4;
/** A sample that shrinks less than to this part of it stands for content that does not shrink. */
const SAMPLE_RATIO_MAX = 0.88;

/** Compresses frames that shrink; one that does not is found out by a sample, at a fiftieth of the cost. */
export class FrameCompressor {
  readonly #compression: Compression;
  readonly #sample = new Uint8Array(SAMPLE_BYTES);

  constructor(compression: Compression) {
    this.#compression = compression;
  }

  /** @returns the frame of the channel that holds it, with its header; null where it is to be sent as it is. */
  compress(frame: Uint8Array): Uint8Array | null {
    if (frame.length < FRAME_BYTES_MIN || !this.#shrinks(frame)) return null;
    return encodeCompressed(frame, this.#compression);
  }

  #shrinks(frame: Uint8Array): boolean {
    if (frame.length <= 2 * SAMPLE_BYTES) return true;
    const place = SAMPLE_BYTES / SAMPLE_PLACES;
    const stride = Math.floor((frame.length - place) / (SAMPLE_PLACES - 1));
    for (let index = 0; index < SAMPLE_PLACES; index++) {
      this.#sample.set(frame.subarray(index * stride, index * stride + place), index * place);
    }
    return this.#compression.compress(this.#sample).length <= SAMPLE_BYTES * SAMPLE_RATIO_MAX;
  }
}
