import { type NodeId, RANGE_BYTES } from '../changes/change.ts';
import type { HashContent } from '../kernel/hash.ts';
import { KIB } from '../kernel/units.ts';

const FILES_MAX = 64;
/** 8 bytes each: 8 MiB in all. */
const HASHES_MAX = 2 ** 20;
/** Of one file, as long as its blocks are not ranges yet: from there on it has as many as it needs. */
const HASHES_OF_FILE = 2 ** 18;
const BLOCK_BYTES_MIN = 4 * KIB;

/** Equals no hash that matters: a block like that is sent again. */
export const NOT_KNOWN = 0n;

/** Hashes of the blocks of a file's content, the last one as far as the content goes. */
export interface BlockHashes {
  readonly blockBytes: number;
  readonly sizeBytes: number;
  readonly hashes: BigUint64Array;
}

/**
 * Room for the hashes of a file of this size. The larger the file, the larger its blocks: 4 KiB up to 1 GiB, 64 KiB
 * up to 16 GiB, and then whole ranges.
 * @returns null where the file is too large to keep any.
 */
export function roomForHashes(sizeBytes: number): BlockHashes | null {
  let blockBytes = BLOCK_BYTES_MIN;
  while (blockBytes < RANGE_BYTES && sizeBytes > blockBytes * HASHES_OF_FILE) blockBytes *= 2;
  const count = Math.ceil(sizeBytes / blockBytes);
  return count > HASHES_MAX ? null : { blockBytes, sizeBytes, hashes: new BigUint64Array(count) };
}

/** Nothing is known of the blocks that this part of the content touches. */
export function forgetBlocks({ hashes, blockBytes }: BlockHashes, offset: number, length: number): void {
  if (length > 0) hashes.fill(NOT_KNOWN, Math.floor(offset / blockBytes), Math.ceil((offset + length) / blockBytes));
}

/** Hashes of the blocks of large files as the passive was last told or given them; those of the files used last. */
export class SentHashes {
  readonly #hash: HashContent;
  readonly #files = new Map<NodeId, BlockHashes>();
  #count = 0;

  constructor(hash: HashContent) {
    this.#hash = hash;
  }

  get(node: NodeId): BlockHashes | null {
    return this.#files.get(node) ?? null;
  }

  /** @param sent - is kept, not copied. */
  set(node: NodeId, sent: BlockHashes): void {
    this.drop(node);
    this.#files.set(node, sent);
    this.#count += sent.hashes.length;
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= FILES_MAX && this.#count <= HASHES_MAX) return;
      this.drop(oldest);
    }
  }

  /**
   * The passive was given this content meanwhile. Where it is not what was told last, nobody knows what
   * the passive will hold: a write that was told before may be applied there after it.
   */
  given(node: NodeId, offset: number, content: Uint8Array): void {
    const sent = this.#files.get(node);
    if (sent === undefined || content.length === 0) return;
    const { blockBytes, sizeBytes, hashes } = sent;
    const end = offset + content.length;
    for (let block = Math.floor(offset / blockBytes); block * blockBytes < end && block < hashes.length; block += 1) {
      const from = block * blockBytes;
      const to = Math.min(from + blockBytes, sizeBytes);
      const isSame =
        from >= offset && to <= end && hashes[block] === this.#hash(content.subarray(from - offset, to - offset));
      if (!isSame) hashes[block] = NOT_KNOWN;
    }
  }

  drop(node: NodeId): void {
    const sent = this.#files.get(node);
    if (sent === undefined) return;
    this.#files.delete(node);
    this.#count -= sent.hashes.length;
  }

  clear(): void {
    this.#files.clear();
    this.#count = 0;
  }
}
