/** Makes blocks of bytes smaller for a link, and whole again. Synchronous: a block takes a few milliseconds at most. */
export interface Compression {
  /** @returns memory of its own, which may be longer than what was given. */
  compress(content: Uint8Array): Uint8Array;
  /**
   * Never makes more than `lengthMax` bytes, whatever the block says of itself.
   * @returns memory of its own; null where the block is damaged, not whole, or holds more than that.
   */
  decompress(block: Uint8Array, lengthMax: number): Uint8Array | null;
}
