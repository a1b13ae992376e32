import { type ByteString, toBytes } from '../kernel/byte-string.ts';
import { FileError, type Files, isAbsence, Stat } from '../kernel/files.ts';
import type { FolderKey, NoticeSource } from '../kernel/notices.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { INLINE_BYTES_MAX } from '../changes/change.ts';
import { readExtended } from '../changes/extended.ts';
import { nodeTypeOf } from '../changes/node-type.ts';
import { copyStat, unchanged } from './node-status.ts';

const READ_QUIETLY = OPEN.readOnly | OPEN.nonBlocking | OPEN.noAccessTime;

const READ_TRIES_MAX = 3;

/**
 * `read`: the content is there. `large`: the file is above INLINE_BYTES_MAX. `gone`: nothing, or
 * something else, has the name, or it can't be opened yet. Anything else is the code of the error that stopped it.
 */
export type ReadOutcome = 'read' | 'large' | 'gone' | { readonly failure: string };

/** Reads whole small files, one after the other, into one buffer. */
export class NodeReader {
  readonly #files: Files;
  readonly #notices: NoticeSource;
  readonly #buffer = new Uint8Array(INLINE_BYTES_MAX + 1);
  readonly #before = new Stat();
  /** The file's status with the content that was read, and what it carries beyond it. */
  readonly stat = new Stat();
  /** What was read; overwritten by the next read. */
  content: Uint8Array = this.#buffer.subarray(0, 0);
  /** False where the file kept changing while it was read: look again. */
  settled = true;
  /** Names of extended attributes of the file that are not carried. */
  leftOut: readonly ByteString[] = [];
  /** Of a file with several names, as the source of notices names it. */
  key: FolderKey | null = null;

  constructor(files: Files, notices: NoticeSource) {
    this.#files = files;
    this.#notices = notices;
  }

  /** Reads a file; `inode` must be what has the name. */
  read(folder: number, name: ByteString, inode: number): ReadOutcome {
    const opened = this.open(folder, name, inode, this.#before);
    if (typeof opened !== 'number') return opened;
    try {
      this.key = this.#before.linkCount > 1 ? this.#notices.keyOf(opened) : null;
      const outcome = this.#readOpen(opened);
      this.leftOut = readExtended(this.#files, opened, this.stat);
      return outcome;
    } catch (error) {
      if (error instanceof FileError) return { failure: error.code };
      throw error;
    } finally {
      this.#files.close(opened);
    }
  }

  /** Opens a file for reading, without moving its access time where that is allowed. */
  open(folder: number, name: ByteString, inode: number, stat: Stat): number | 'gone' | { readonly failure: string } {
    let opened: number;
    try {
      opened = this.#files.openAt(folder, name, READ_QUIETLY);
    } catch (error) {
      // EAGAIN: another process holds a lease and is asked to give it up.
      if (isAbsence(error) || (error instanceof FileError && error.code === 'EAGAIN')) return 'gone';
      if (error instanceof FileError) return { failure: error.code };
      throw error;
    }
    try {
      this.#files.stat(opened, stat);
    } catch (error) {
      this.#files.close(opened);
      if (error instanceof FileError) return { failure: error.code };
      throw error;
    }
    if (stat.inode === inode && nodeTypeOf(stat.mode) === 'file') return opened;
    this.#files.close(opened);
    return 'gone';
  }

  /** Where a symbolic link leads; `gone` where there is none any more. */
  target(folder: number, name: ByteString): Uint8Array | 'gone' | { readonly failure: string } {
    try {
      return toBytes(this.#files.readLinkAt(folder, name));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return isAbsence(error) || error.code === 'EINVAL' ? 'gone' : { failure: error.code };
    }
  }

  #readOpen(file: number): ReadOutcome {
    for (let tries = 1; ; tries += 1) {
      if (this.#before.sizeBytes > INLINE_BYTES_MAX) {
        copyStat(this.#before, this.stat);
        return 'large';
      }
      const length = readWhole(this.#files, file, this.#buffer);
      this.#files.stat(file, this.stat);
      if (length > INLINE_BYTES_MAX) {
        // It grew since its status was taken, or is shorter again: what is told must agree with itself.
        this.stat.sizeBytes = Math.max(this.stat.sizeBytes, length);
        return 'large';
      }
      this.content = this.#buffer.subarray(0, length);
      this.settled = length === this.stat.sizeBytes && unchanged(this.#before, this.stat);
      if (this.settled) return 'read';
      if (tries >= READ_TRIES_MAX) {
        // What is told must agree with itself: the size is that of what was read.
        this.stat.sizeBytes = length;
        return 'read';
      }
      copyStat(this.stat, this.#before);
    }
  }
}

/** Reads from the beginning until the end of the file or of `into`. */
function readWhole(files: Files, file: number, into: Uint8Array): number {
  let length = 0;
  while (length < into.length) {
    const count = files.read(file, into, { offset: length, length: into.length - length, position: length });
    if (count === 0) break;
    length += count;
  }
  return length;
}
