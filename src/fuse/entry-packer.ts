import type { Reply } from './reply.ts';
import { DIRENT, ENTRY_OUT, KERNEL_DIRENT } from './structures.ts';

const ALIGNMENT = 8;
const DOT = '.'.charCodeAt(0);

/** Turns what getdents64(2) gave into the body of a reply to READDIR or READDIRPLUS, entry by entry. */
export class EntryPacker {
  /** Bytes of the body so far. */
  bytes = 0;
  /** Where the next entry that getdents64(2) gave begins. */
  next = 0;
  /** Where the name of the entry that was added last stands in memory. */
  nameAt = 0;
  /** Where its ENTRY_OUT stands in the body. */
  entryAt = 0;
  isSelfOrParent = false;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #entries: number;
  readonly #reply: Reply;
  #size = 0;
  #isPlus = false;

  /** @param entries - where in `bytes` getdents64(2) writes. */
  constructor(bytes: Uint8Array, entries: number, reply: Reply) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#entries = entries;
    this.#reply = reply;
  }

  /** Bytes of the body that are left. */
  get room(): number {
    return this.#size - this.bytes;
  }

  /** @param size - bytes that the body may have. @param isPlus - each entry with its node. */
  begin(size: number, isPlus: boolean): void {
    this.#size = size;
    this.#isPlus = isPlus;
    this.bytes = 0;
  }

  /** Adds the entry at `at` of what getdents64(2) gave. @returns false where there is no room for it. */
  add(at: number): boolean {
    const from = this.#entries + at;
    const length = this.#view.getUint16(from + KERNEL_DIRENT.length, true);
    this.nameAt = from + KERNEL_DIRENT.name;
    let nameLength = 0;
    while (this.#bytes[this.nameAt + nameLength] !== 0) nameLength++;
    const plain = Math.ceil((DIRENT.bytes + nameLength) / ALIGNMENT) * ALIGNMENT;
    const whole = plain + (this.#isPlus ? ENTRY_OUT.bytes : 0);
    if (whole > this.room) return false;
    this.entryAt = this.bytes;
    const to = this.bytes + whole - plain;
    const reply = this.#reply;
    for (let word = 0; word < DIRENT.nameLength; word += 4) {
      reply.u32(to + word, this.#view.getUint32(from + word, true));
    }
    reply.u32(to + DIRENT.nameLength, nameLength);
    reply.u32(to + DIRENT.type, this.#bytes[from + KERNEL_DIRENT.type] as number);
    reply.copy(to + DIRENT.name, this.#bytes, this.nameAt, nameLength);
    reply.clear(to + DIRENT.name + nameLength, plain - DIRENT.bytes - nameLength);
    const [first, second] = [this.#bytes[this.nameAt], this.#bytes[this.nameAt + 1]];
    this.isSelfOrParent = first === DOT && (nameLength === 1 || (nameLength === 2 && second === DOT));
    this.bytes += whole;
    this.next = at + length;
    return true;
  }

  /** The entry that was added last comes without its node. */
  leaveOutNode(): void {
    this.#reply.clear(this.entryAt, ENTRY_OUT.bytes);
  }
}
