import { type NodeId, RANGE_BYTES } from '../changes/change.ts';
import type { HashContent } from '../kernel/hash.ts';

const FILES_MAX = 64;
/** 8 bytes each: 4 MiB in all, enough for 128 GiB of content. */
const HASHES_MAX = 512 * 1024;

/** Equals no hash that matters: a range like that is sent again. */
export const NOT_KNOWN = 0n;

interface Sent {
  readonly hashes: BigUint64Array;
  readonly sizeBytes: number;
}

/** Hashes of the ranges of large files as the passive was last told or given them; those of the files used last. */
export class SentHashes {
  readonly #hash: HashContent;
  readonly #files = new Map<NodeId, Sent>();
  #count = 0;

  constructor(hash: HashContent) {
    this.#hash = hash;
  }

  get(node: NodeId): readonly bigint[] | null {
    const sent = this.#files.get(node);
    return sent === undefined ? null : Array.from(sent.hashes);
  }

  sizeBytesOf(node: NodeId): number {
    return this.#files.get(node)?.sizeBytes ?? 0;
  }

  set(node: NodeId, hashes: readonly bigint[], sizeBytes: number): void {
    this.drop(node);
    if (hashes.length > HASHES_MAX) return;
    this.#files.set(node, { hashes: BigUint64Array.from(hashes), sizeBytes });
    this.#count += hashes.length;
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
    const first = Math.floor(offset / RANGE_BYTES);
    const last = Math.floor((offset + content.length - 1) / RANGE_BYTES);
    const whole =
      first === last &&
      offset === first * RANGE_BYTES &&
      content.length === Math.min(RANGE_BYTES, sent.sizeBytes - offset);
    for (let range = first; range <= last && range < sent.hashes.length; range += 1) {
      if (!whole || sent.hashes[range] !== this.#hash(content)) sent.hashes[range] = NOT_KNOWN;
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
