import { NOTIFY_INVALIDATE_NODE } from './flags.ts';
import { INVALIDATE_NODE_OUT, OUT_HEADER } from './structures.ts';

const HIGH = 2 ** 32;
const ALL_BITS = 0xffffffff;

/** The reply in the memory it is sent from; fields of its body are set by their offset in its structure. */
export class Reply {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #body: number;
  readonly #memory: number;

  /** @param memory - Address of the first byte of `bytes`. @param start - where replies begin in `bytes`. */
  constructor(bytes: Uint8Array, memory: number, start: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bytes = bytes;
    this.#memory = memory;
    this.#start = start;
    this.#body = start + OUT_HEADER.bytes;
  }

  /** Of the header, from where the reply is sent. */
  get address(): number {
    return this.#memory + this.#start;
  }

  clear(field: number, bytes: number): void {
    this.#bytes.fill(0, this.#body + field, this.#body + field + bytes);
  }

  u16(field: number, value: number): void {
    this.#view.setUint16(this.#body + field, value, true);
  }

  u32(field: number, value: number): void {
    this.#view.setUint32(this.#body + field, value, true);
  }

  u64(field: number, value: number): void {
    this.u32(field, value % HIGH);
    this.u32(field + 4, Math.floor(value / HIGH));
  }

  /** Address of a field, for the kernel to write to. */
  addressOf(field: number): number {
    return this.#memory + this.#body + field;
  }

  copy(field: number, from: Uint8Array, start: number, bytes: number): void {
    const to = this.#body + field;
    for (let at = 0; at < bytes; at++) this.#bytes[to + at] = from[start + at] as number;
  }

  /**
   * Takes the names that begin so out of a list at the beginning of the body; each ends in NUL.
   * @returns bytes that are left.
   */
  leaveOutNames(bytes: number, prefix: Uint8Array): number {
    let kept = 0;
    for (let at = 0; at < bytes; ) {
      const end = this.#bytes.indexOf(0, this.#body + at) + 1 - this.#body;
      if (!this.#beginsWith(at, prefix)) {
        this.#bytes.copyWithin(this.#body + kept, this.#body + at, this.#body + end);
        kept += end - at;
      }
      at = end;
    }
    return kept;
  }

  #beginsWith(at: number, prefix: Uint8Array): boolean {
    for (let offset = 0; offset < prefix.length; offset++) {
      if (this.#bytes[this.#body + at + offset] !== prefix[offset]) return false;
    }
    return true;
  }

  /**
   * Fills in the header.
   * @param outcome - bytes of the body, or minus the number of an error.
   * @returns bytes of the whole reply.
   */
  finish(uniqueLow: number, uniqueHigh: number, outcome: number): number {
    const length = OUT_HEADER.bytes + Math.max(outcome, 0);
    this.#view.setUint32(this.#start + OUT_HEADER.length, length, true);
    this.#view.setInt32(this.#start + OUT_HEADER.error, Math.min(outcome, 0), true);
    this.#view.setUint32(this.#start + OUT_HEADER.unique, uniqueLow, true);
    this.#view.setUint32(this.#start + OUT_HEADER.unique + 4, uniqueHigh, true);
    return length;
  }

  /**
   * Makes a notice of it instead: the kernel asks anew for a node's attributes before it goes by them.
   * @returns bytes of the whole notice.
   */
  forgetAttributes(nodeLow: number, nodeHigh: number): number {
    this.u32(INVALIDATE_NODE_OUT.node, nodeLow);
    this.u32(INVALIDATE_NODE_OUT.node + 4, nodeHigh);
    // An offset below zero spares the content.
    this.u32(INVALIDATE_NODE_OUT.offset, ALL_BITS);
    this.u32(INVALIDATE_NODE_OUT.offset + 4, ALL_BITS);
    this.u64(INVALIDATE_NODE_OUT.length, 0);
    const length = OUT_HEADER.bytes + INVALIDATE_NODE_OUT.bytes;
    this.#view.setUint32(this.#start + OUT_HEADER.length, length, true);
    this.#view.setInt32(this.#start + OUT_HEADER.error, NOTIFY_INVALIDATE_NODE, true);
    this.#view.setUint32(this.#start + OUT_HEADER.unique, 0, true);
    this.#view.setUint32(this.#start + OUT_HEADER.unique + 4, 0, true);
    return length;
  }
}
