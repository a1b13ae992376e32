import type { Compression } from '../kernel/compression.ts';
import { FRAME_HEADER_BYTES } from '../kernel/frame-memory.ts';
import { DATA_BYTES_MAX } from './framing.ts';

/*
 * From protocol version 2 on the data connection carries compressed frames between those of the stream,
 * which all begin with a byte below 0x80: u8 0x81, u32 little-endian length of the stream's frame, then
 * that frame as one Zstandard block.
 */

const COMPRESSED = 0x81;
const HEADER_BYTES = 5;
/** A frame that shrinks less is sent as it is. */
const RATIO_MAX = 0.9;

/** A compressed frame that breaks the rules; what follows on its connection has no meaning. */
export class CompressedFrameViolation extends Error {
  override readonly name = 'CompressedFrameViolation';
}

/** Is it a frame of the channel, and not one of the stream? */
export function isOfChannel(frame: Uint8Array): boolean {
  return ((frame[0] as number) & 0x80) !== 0;
}

/** The stream's frame, compressed, with its frame header; null where that saves less than a tenth. */
export function encodeCompressed(frame: Uint8Array, compression: Compression): Uint8Array | null {
  const block = compression.compress(frame);
  const bytes = HEADER_BYTES + block.length;
  if (bytes > frame.length * RATIO_MAX) return null;
  const out = Buffer.allocUnsafe(FRAME_HEADER_BYTES + bytes);
  out.writeUInt32BE(bytes, 0);
  out[FRAME_HEADER_BYTES] = COMPRESSED;
  out.writeUInt32LE(frame.length, FRAME_HEADER_BYTES + 1);
  out.set(block, FRAME_HEADER_BYTES + HEADER_BYTES);
  return out;
}

/**
 * The stream's frame that this one holds, in memory of its own. Never more than DATA_BYTES_MAX of it is
 * made, whatever length it announces.
 * @throws CompressedFrameViolation
 */
export function decodeCompressed(frame: Uint8Array, compression: Compression): Uint8Array {
  if (frame[0] !== COMPRESSED) throw new CompressedFrameViolation('a frame of an unknown kind');
  if (frame.length <= HEADER_BYTES) throw new CompressedFrameViolation('a compressed frame that is cut');
  const length = new DataView(frame.buffer, frame.byteOffset).getUint32(1, true);
  if (length === 0 || length > DATA_BYTES_MAX) {
    throw new CompressedFrameViolation(`a compressed frame announced ${length} bytes`);
  }
  const content = compression.decompress(frame.subarray(HEADER_BYTES), length);
  if (content === null || content.length !== length) {
    throw new CompressedFrameViolation('a compressed frame that holds something else than it announced');
  }
  if (isOfChannel(content)) throw new CompressedFrameViolation('a frame of the channel within another one');
  return content;
}
