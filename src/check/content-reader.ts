import { INLINE_BYTES_MAX } from '../changes/change.ts';
import { assert } from '../kernel/assert.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { Files } from '../kernel/files.ts';
import type { HashContent } from '../kernel/hash.ts';
import { OPEN } from '../kernel/open-flags.ts';

const FLAGS = OPEN.readOnly | OPEN.noAccessTime | OPEN.nonBlocking;

/** Reads and hashes content of files through one scratch buffer. Not safe to share between threads. */
export class ContentReader {
  readonly #files: Files;
  readonly #hash: HashContent;
  readonly #buffer: Uint8Array;
  readonly #onRead: ((bytes: number) => void) | undefined;
  readonly #opened: (file: number) => void;

  /**
   * @param options.buffer - at least INLINE_BYTES_MAX long; reading is a quarter faster where it starts at a page.
   * @param options.opened - told of each file before it is read.
   */
  constructor(options: {
    files: Files;
    hash: HashContent;
    buffer: Uint8Array;
    onRead?: (bytes: number) => void;
    opened?: (file: number) => void;
  }) {
    assert(options.buffer.length >= INLINE_BYTES_MAX, 'the scratch buffer holds the largest content');
    this.#files = options.files;
    this.#hash = options.hash;
    this.#buffer = options.buffer;
    this.#opened = options.opened ?? (() => undefined);
    this.#onRead = options.onRead;
  }

  /**
   * Opens a file for reading, without a trace in its access time where we may, and without waiting
   * should a named pipe have taken its name.
   * @throws FileError as openat(2).
   */
  open(folder: number, name: ByteString): number {
    const file = this.#files.openAt(folder, name, FLAGS);
    this.#opened(file);
    return file;
  }

  /**
   * Hash of `length` bytes from `position` on, at most the buffer's length.
   * @returns null where the file ends before.
   */
  hash(file: number, position: number, length: number): bigint | null {
    const whole = this.#read(file, position, length) === length;
    return whole ? this.#hash(this.#buffer.subarray(0, length)) : null;
  }

  /** As {@link hash}, but of what there is where the file ends before. */
  hashPresent(file: number, position: number, length: number): { hash: bigint; length: number } {
    const present = this.#read(file, position, length);
    return { hash: this.#hash(this.#buffer.subarray(0, present)), length: present };
  }

  #read(file: number, position: number, length: number): number {
    let done = 0;
    while (done < length) {
      const count = this.#files.read(file, this.#buffer, {
        offset: done,
        length: length - done,
        position: position + done,
      });
      if (count === 0) break;
      done += count;
    }
    this.#onRead?.(done);
    return done;
  }
}
