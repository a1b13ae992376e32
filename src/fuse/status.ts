import type { Reply } from './reply.ts';
import { ATTRIBUTES, STATX } from './structures.ts';

/** The status of a node as statx(2) left it in memory; the same object for one after the other. */
export class Status {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  /** Where statx(2) is to write. */
  readonly address: number;

  /** @param memory - Address of the first byte of `bytes`. @param start - where the structure lies in `bytes`. */
  constructor(bytes: Uint8Array, memory: number, start: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bytes = bytes;
    this.#start = start;
    this.address = memory + start;
  }

  get mode(): number {
    return this.#view.getUint16(this.#start + STATX.mode, true);
  }
  get uid(): number {
    return this.word(STATX.uid);
  }
  get gid(): number {
    return this.word(STATX.gid);
  }

  word(field: number): number {
    return this.#view.getUint32(this.#start + field, true);
  }

  /** As the kernel wants them, at `at` in the body of a reply. */
  toAttributes(reply: Reply, at: number): void {
    this.#two(reply, at + ATTRIBUTES.inode, STATX.inode);
    this.#two(reply, at + ATTRIBUTES.size, STATX.size);
    this.#two(reply, at + ATTRIBUTES.blocks, STATX.blocks);
    this.#two(reply, at + ATTRIBUTES.atime, STATX.atime);
    this.#two(reply, at + ATTRIBUTES.mtime, STATX.mtime);
    this.#two(reply, at + ATTRIBUTES.ctime, STATX.ctime);
    reply.u32(at + ATTRIBUTES.atimeNanoseconds, this.word(STATX.atimeNanoseconds));
    reply.u32(at + ATTRIBUTES.mtimeNanoseconds, this.word(STATX.mtimeNanoseconds));
    reply.u32(at + ATTRIBUTES.ctimeNanoseconds, this.word(STATX.ctimeNanoseconds));
    reply.u32(at + ATTRIBUTES.mode, this.mode);
    reply.u32(at + ATTRIBUTES.linkCount, this.word(STATX.linkCount));
    reply.u32(at + ATTRIBUTES.uid, this.uid);
    reply.u32(at + ATTRIBUTES.gid, this.gid);
    reply.u32(at + ATTRIBUTES.device, deviceWord(this.word(STATX.deviceMajor), this.word(STATX.deviceMinor)));
    reply.u32(at + ATTRIBUTES.blockSize, this.word(STATX.blockSize));
    reply.u32(at + ATTRIBUTES.flags, 0);
  }

  /** The structure itself, at `at` in the body of a reply. */
  whole(reply: Reply, at: number): void {
    reply.copy(at, this.#bytes, this.#start, STATX.bytes);
  }

  #two(reply: Reply, to: number, from: number): void {
    reply.u32(to, this.word(from));
    reply.u32(to + 4, this.word(from + 4));
  }
}

/** A device's number in 32 bits (new_encode_dev of the kernel). */
function deviceWord(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}
