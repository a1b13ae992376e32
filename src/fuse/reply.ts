import { OUT_HEADER } from './structures.ts';

const HIGH = 2 ** 32;

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
}
