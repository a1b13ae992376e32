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
  /** Since the checkpoint that is being made was begun, or since the last one. */
  #inodes = new Set<number>();
  /** Before the one that is being made was begun. */
  #before = new Set<number>();
  readonly #file: number;
  #sizeBytes = 0;

  constructor(files: Files, folder: number) {
    this.#files = files;
    this.#file = files.openAt(folder, NAME, OPEN.readWrite | OPEN.create, 0o600);
    try {
      this.#read();
    } catch (error) {
      files.close(this.#file);
      throw error;
    }
  }

  has(inode: number): boolean {
    return this.#inodes.has(inode) || this.#before.has(inode);
  }

  /** Once in each checkpoint an inode costs a write of 8 bytes, afterwards nothing. To be called also for what {@link has} tells. */
  add(inode: number): void {
    this.addAll([inode]);
  }

  /** As {@link add}, with one write for all of them: a write of its own for each costs as much as a new file's content. */
  addAll(inodes: readonly number[]): void {
    const added = inodes.filter((inode) => !this.#inodes.has(inode));
    if (added.length === 0) return;
    const entries = encodeEntries(added);
    this.#files.write(this.#file, entries, this.#sizeBytes);
    this.#sizeBytes += entries.length;
    for (const inode of added) this.#inodes.add(inode);
  }

  /** A checkpoint begins: what it covers ends here. */
  turn(): void {
    this.#before = this.#before.union(this.#inodes);
    this.#inodes = new Set();
  }

  /** The checkpoint is made: of all up to the last {@link turn} the record of the tree knows. */
  clear(): void {
    if (this.#sizeBytes === 0) return;
    const entries = encodeEntries([...this.#inodes]);
    try {
      // A crash in between leaves some that are known already.
      if (entries.length > 0) this.#files.write(this.#file, entries, 0);
      this.#files.setSize(this.#file, entries.length);
    } catch (error) {
      // A disk that refuses is told by what matters more; entries that stay do so until the next checkpoint.
      if (error instanceof FileError) return;
      throw error;
    }
    this.#before = new Set();
    this.#sizeBytes = entries.length;
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

function encodeEntries(inodes: readonly number[]): Buffer {
  const entries = Buffer.allocUnsafe(inodes.length * ENTRY_BYTES);
  for (const [index, inode] of inodes.entries()) entries.writeDoubleLE(inode, index * ENTRY_BYTES);
  return entries;
}
