import { IN_HEADER } from './structures.ts';

const HIGH = 2 ** 32;

/**
 * A request in the memory it was read into; the same object for one after the other. Fields of the body
 * are asked for by their offset in its structure. A node and a handle are two words each, for they are no
 * numbers to count with.
 */
export class Request {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  /** Where the header begins. */
  readonly #start: number;
  readonly #body: number;
  /** Address of the first byte of the memory. */
  readonly #memory: number;

  /** @param memory - Address of the first byte of `bytes`. @param start - where requests begin in `bytes`. */
  constructor(bytes: Uint8Array, memory: number, start: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bytes = bytes;
    this.#memory = memory;
    this.#start = start;
    this.#body = start + IN_HEADER.bytes;
  }

  /** Of the whole request. */
  get length(): number {
    return this.#view.getUint32(this.#start + IN_HEADER.length, true);
  }
  get opcode(): number {
    return this.#view.getUint32(this.#start + IN_HEADER.opcode, true);
  }
  get nodeLow(): number {
    return this.#view.getUint32(this.#start + IN_HEADER.node, true);
  }
  get nodeHigh(): number {
    return this.#view.getUint32(this.#start + IN_HEADER.node + 4, true);
  }
  get uid(): number {
    return this.#view.getUint32(this.#start + IN_HEADER.uid, true);
  }
  get gid(): number {
    return this.#view.getUint32(this.#start + IN_HEADER.gid, true);
  }
  /** Of the thread that asks, as this process sees it; 0 where it sees none, or the kernel asks by itself. */
  get threadId(): number {
    return this.#view.getUint32(this.#start + IN_HEADER.pid, true);
  }
  get uniqueLow(): number {
    return this.#view.getUint32(this.#start + IN_HEADER.unique, true);
  }
  get uniqueHigh(): number {
    return this.#view.getUint32(this.#start + IN_HEADER.unique + 4, true);
  }

  /** The request is no more: whoever looks here finds none. */
  forget(): void {
    this.#view.setUint32(this.#start + IN_HEADER.unique, 0, true);
    this.#view.setUint32(this.#start + IN_HEADER.unique + 4, 0, true);
  }

  /** Changes a field, as if it had been asked for otherwise. */
  change(field: number, value: number): void {
    this.#view.setUint32(this.#body + field, value, true);
  }

  u32(field: number): number {
    return this.#view.getUint32(this.#body + field, true);
  }

  /** Exact up to 2^53, which is beyond every size of a file. */
  u64(field: number): number {
    return this.u32(field) + this.u32(field + 4) * HIGH;
  }

  /** Exact, and allocated: for what is no size. */
  bigint(field: number): bigint {
    return this.#view.getBigInt64(this.#body + field, true);
  }

  /** Address of a field, for the kernel. */
  addressOf(field: number): number {
    return this.#memory + this.#body + field;
  }

  /** Do these bytes stand at `field`? */
  isAt(field: number, bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; at++) if (this.#bytes[this.#body + field + at] !== bytes[at]) return false;
    return true;
  }

  /** Field behind the name at `field`, which ends in NUL. The kernel sees to it that one does. */
  behindName(field: number): number {
    const end = this.#start + this.length;
    let at = this.#body + field;
    while (at < end && this.#bytes[at] !== 0) at++;
    return at + 1 - this.#body;
  }

  /** The whole request, as it came. Allocates a view. */
  whole(length: number): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#start + length);
  }
}
