import { lastError } from '../native/errno.ts';
import { errno } from '../native/c-library.ts';
import * as native from '../native/native.ts';

const READ_BYTES = 256 * 1024;
const EAGAIN = 11;
const EINTR = 4;
const FIONREAD = 0x541b;

/** A non-blocking descriptor of the kernel from which whole events are read. */
export class NoticeQueue {
  readonly descriptor: number;
  readonly #name: string;
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  readonly #waiting = Buffer.alloc(4);
  #closed = false;

  constructor(descriptor: number, name: string) {
    this.descriptor = descriptor;
    this.#name = name;
  }

  /**
   * Hands over everything that was in the queue when this was called, and perhaps some of what came
   * since; writers that never pause can't hold the caller here.
   * @param decode - returns how much of the kernel's count of waiting things it was handed (FIONREAD).
   */
  drain(decode: (bytes: Buffer, length: number) => number): void {
    let left = -1;
    for (;;) {
      const length = native.read(this.descriptor, this.#buffer, READ_BYTES);
      if (length < 0) {
        const code = errno();
        if (code === EAGAIN) return;
        if (code === EINTR) continue;
        throw lastError('read', this.#name);
      }
      const before = left;
      if (before < 0) left = this.#waitingNow();
      const done = decode(this.#buffer, length);
      if (before >= 0) left -= done;
      if (left <= 0) return;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (native.close(this.descriptor) < 0) throw lastError('close', this.#name);
  }

  #waitingNow(): number {
    if (native.ioctlInto(this.descriptor, FIONREAD, this.#waiting) < 0) throw lastError('FIONREAD', this.#name);
    return this.#waiting.readInt32LE(0);
  }
}
