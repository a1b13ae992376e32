import { FileError, type Files } from '../kernel/files.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { OPEN } from '../kernel/open-flags.ts';

const ENTRY_BYTES = 8;
const NAME = 'touched' as ByteString;
/** Entries read back at most: 32 MiB. What lies beyond would only be taken for a stranger's. */
const ENTRIES_MAX = 4 * 1024 * 1024;

/**
 * Inodes that Apply made or changed since the last checkpoint, written down before the change is
 * visible. After a crash the copy is ahead of the record; this tells Apply's own work, which a replay
 * may simply do again, from a stranger's, which must be kept. Not synced: a power cut may lose the
 * newest entries, and then our own work is kept in the quarantine, too.
 */
export class OwnRecord {
  readonly #files: Files;
  readonly #inodes = new Set<number>();
  readonly #file: number;
  readonly #entry = Buffer.alloc(ENTRY_BYTES);
  #sizeBytes = 0;

  constructor(files: Files, folder: number) {
    this.#files = files;
    this.#file = files.openAt(folder, NAME, OPEN.readWrite | OPEN.create, 0o600);
    this.#read();
  }

  has(inode: number): boolean {
    return this.#inodes.has(inode);
  }

  /** Once in each checkpoint an inode costs a write of 8 bytes, afterwards nothing. */
  add(inode: number): void {
    if (this.#inodes.has(inode)) return;
    this.#inodes.add(inode);
    this.#entry.writeDoubleLE(inode);
    this.#files.write(this.#file, this.#entry, this.#sizeBytes);
    this.#sizeBytes += ENTRY_BYTES;
  }

  /** After a checkpoint: the record of the tree knows it all. */
  clear(): void {
    if (this.#sizeBytes === 0) return;
    try {
      this.#files.setSize(this.#file, 0);
    } catch (error) {
      // A disk that refuses is told by what matters more; entries that stay do so until the next checkpoint.
      if (error instanceof FileError) return;
      throw error;
    }
    this.#inodes.clear();
    this.#sizeBytes = 0;
  }

  close(): void {
    this.#files.close(this.#file);
  }

  /** Removes the file of a closed record. */
  static remove(files: Files, folder: number): void {
    try {
      files.unlinkAt(folder, NAME);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
    }
  }

  #read(): void {
    const chunk = Buffer.alloc(64 * 1024);
    while (this.#inodes.size < ENTRIES_MAX) {
      const count = this.#files.read(this.#file, chunk, { offset: 0, length: chunk.length, position: this.#sizeBytes });
      const whole = count - (count % ENTRY_BYTES);
      for (let at = 0; at < whole; at += ENTRY_BYTES) this.#inodes.add(chunk.readDoubleLE(at));
      this.#sizeBytes += whole;
      if (whole === 0) return;
    }
  }
}
