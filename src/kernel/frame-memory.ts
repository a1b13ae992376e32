/** Bytes before the payload of a frame: its length, 32 bits, big endian. */
export const FRAME_HEADER_BYTES = 4;

/** Where the memory of frames comes from, and where it goes when they are done with. */
export interface FrameMemory {
  /** @returns so many bytes of any content, with {@link FRAME_HEADER_BYTES} before them that are the frame's as well. */
  take(bytes: number): Uint8Array;
  /** Nobody uses the frame any more. Once for each frame. */
  free(frame: Uint8Array): void;
}

/** Each frame has memory of its own, which goes when nobody refers to it. */
export const ownMemory: FrameMemory = {
  take: (bytes) => Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + bytes).subarray(FRAME_HEADER_BYTES),
  free: () => undefined,
};
