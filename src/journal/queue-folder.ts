import type { Position } from '../changes/change.ts';
import { assert, must } from '../kernel/assert.ts';
import { type ByteString, fromLatin1, toDisplay } from '../kernel/byte-string.ts';
import { FileError, type Files, Stat } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { Problem } from '../problems/problem.ts';
import { Segment } from './segment.ts';
import { encodeHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment-header.ts';

/** The part of the file door that a queue uses. */
export type JournalFiles = Pick<
  Files,
  | 'openFolder'
  | 'makeFolderAt'
  | 'list'
  | 'openAt'
  | 'renameAt'
  | 'unlinkAt'
  | 'stat'
  | 'read'
  | 'write'
  | 'setSize'
  | 'syncData'
  | 'sync'
  | 'close'
>;

const SEGMENT_NAME = /^\d{12}\.segment$/;
const DAMAGED_NAME = /^\d{12}\.segment\.damaged$/;
/** Damaged files kept for who wants to know what happened. */
const DAMAGED_KEPT_MAX = 3;
const COPY_BYTES = 256 * 1024;

/** The files of one queue: named, opened, made durable. At most two of them are open. */
export class QueueFolder {
  readonly #files: JournalFiles;
  readonly #path: ByteString;
  readonly #folder: number;
  /** Its files are to be durable. */
  readonly #lasts: boolean;
  readonly #stat = new Stat();
  /** The segment written to, and another one that is read. */
  #writing: { readonly name: ByteString; readonly file: number } | null = null;
  #reading: { readonly name: ByteString; readonly file: number } | null = null;

  /** @throws Problem JRN-001 where the folder can't be made or opened. */
  constructor(files: JournalFiles, path: ByteString, lasts: boolean) {
    this.#files = files;
    this.#path = path;
    assert(path.startsWith('/') && !path.endsWith('/'), 'a queue folder is an absolute path');
    this.#lasts = lasts;
    this.#folder = openOrMake(files, path, lasts);
  }

  get display(): string {
    return toDisplay(this.#path);
  }

  displayOf(name: ByteString): string {
    return `${this.display}/${toDisplay(name)}`;
  }

  /** Names of the segment files, oldest first. */
  segmentNames(): ByteString[] {
    return this.#files
      .list(this.#folder)
      .filter((name) => SEGMENT_NAME.test(name))
      .sort();
  }

  /** A new segment; where it is to last it is durable with its name on return: a record never depends on a name that may be lost. */
  create(header: SegmentHeader, trimmed: Position): Segment {
    const name = segmentName(header.ordinal);
    const file = this.#files.openAt(this.#folder, name, OPEN.readWrite | OPEN.create | OPEN.exclusive, 0o600);
    try {
      this.#files.write(file, encodeHeader(header, trimmed), 0);
      if (this.#lasts) this.#files.syncData(file);
      this.syncNames();
    } catch (error) {
      this.#files.close(file);
      this.#files.unlinkAt(this.#folder, name);
      this.syncNames();
      throw error;
    }
    this.#useForWriting(name, file);
    return new Segment(name, header);
  }

  /** From here on this is the segment that is written to. */
  openForWriting(name: ByteString): void {
    if (this.#writing?.name !== name) {
      this.#useForWriting(name, this.#files.openAt(this.#folder, name, OPEN.readWrite));
    }
  }

  write(segment: Segment, bytes: Uint8Array, position: number): void {
    this.#files.write(this.#writable(segment.name), bytes, position);
  }

  syncData(segment: Segment): void {
    this.#files.syncData(this.#writable(segment.name));
  }

  /** Shortens the file, durably where it is to last. */
  cut(segment: Segment, sizeBytes: number): void {
    this.#files.setSize(this.#writable(segment.name), sizeBytes);
    if (this.#lasts) this.syncData(segment);
  }

  sizeOf(name: ByteString): number {
    this.#files.stat(this.#readable(name), this.#stat);
    return this.#stat.sizeBytes;
  }

  /** Fills `into` from its start, with less only at the end of the file. */
  read(name: ByteString, into: Uint8Array, at: { length: number; position: number }): number {
    const file = this.#readable(name);
    let done = 0;
    while (done < at.length) {
      const count = this.#files.read(file, into, {
        offset: done,
        length: at.length - done,
        position: at.position + done,
      });
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  remove(name: ByteString): void {
    this.#forget(name);
    this.#files.unlinkAt(this.#folder, name);
  }

  syncNames(): void {
    if (this.#lasts) this.#files.sync(this.#folder);
  }

  /** Takes a damaged file out of use. @returns the name under which it is kept. */
  setAside(name: ByteString): string {
    this.#forget(name);
    const kept = fromLatin1(`${name}.damaged`);
    this.#files.renameAt({ folder: this.#folder, name }, { folder: this.#folder, name: kept });
    this.#limitDamaged();
    return this.displayOf(kept);
  }

  /** Keeps a copy of a damaged file whose start goes on being used. @returns where, or why there is none. */
  copyAside(name: ByteString): string {
    const kept = fromLatin1(`${name}.damaged`);
    const buffer = Buffer.allocUnsafeSlow(COPY_BYTES);
    const copy = this.#files.openAt(this.#folder, kept, OPEN.writeOnly | OPEN.create | OPEN.truncate, 0o600);
    try {
      for (let position = 0; ; position += COPY_BYTES) {
        const length = this.read(name, buffer, { length: COPY_BYTES, position });
        this.#files.write(copy, buffer.subarray(0, length), position);
        if (length < COPY_BYTES) break;
      }
      this.#files.syncData(copy);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#files.unlinkAt(this.#folder, kept);
      return `nothing (${error.code})`;
    } finally {
      this.#files.close(copy);
    }
    this.#limitDamaged();
    return this.displayOf(kept);
  }

  close(): void {
    for (const open of [this.#writing, this.#reading]) if (open !== null) this.#files.close(open.file);
    this.#writing = null;
    this.#reading = null;
    this.#files.close(this.#folder);
  }

  #limitDamaged(): void {
    const damaged = this.#files
      .list(this.#folder)
      .filter((name) => DAMAGED_NAME.test(name))
      .sort();
    for (const name of damaged.slice(0, -DAMAGED_KEPT_MAX)) this.#files.unlinkAt(this.#folder, name);
  }

  #useForWriting(name: ByteString, file: number): void {
    if (this.#writing !== null) this.#files.close(this.#writing.file);
    if (this.#reading?.name === name) this.#forget(name);
    this.#writing = { name, file };
  }

  #writable(name: ByteString): number {
    const writing = must(this.#writing, 'a segment open for writing');
    assert(writing.name === name, 'only the newest segment is written to');
    return writing.file;
  }

  #readable(name: ByteString): number {
    if (this.#writing?.name === name) return this.#writing.file;
    if (this.#reading?.name === name) return this.#reading.file;
    if (this.#reading !== null) this.#files.close(this.#reading.file);
    this.#reading = null;
    const file = this.#files.openAt(this.#folder, name, OPEN.readOnly);
    this.#reading = { name, file };
    return file;
  }

  #forget(name: ByteString): void {
    if (this.#writing?.name === name) {
      this.#files.close(this.#writing.file);
      this.#writing = null;
    }
    if (this.#reading?.name === name) {
      this.#files.close(this.#reading.file);
      this.#reading = null;
    }
  }
}

/** What the header says must be what the name says. */
export function segmentName(ordinal: number): ByteString {
  return fromLatin1(`${String(ordinal).padStart(12, '0')}.segment`);
}

export function ordinalOf(name: ByteString): number {
  return Number(name.slice(0, 12));
}

export function isTornCreation(sizeBytes: number): boolean {
  return sizeBytes <= SEGMENT_HEADER_BYTES;
}

/** Codes of folders above ours that can't be synced, because they are not ours: then we did not make them either. */
const NOT_OURS: readonly string[] = ['EACCES', 'EPERM', 'EROFS', 'EINVAL'];

function openOrMake(files: JournalFiles, path: ByteString, lasts: boolean): number {
  try {
    const folder = openOrMakeFolder(files, path);
    if (!lasts) return folder;
    for (let above = folderAbove(path); above !== null; above = folderAbove(above)) syncNamesIn(files, above);
    return folder;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (error.isNoSpace) throw new Problem('L20', { directory: toDisplay(path) }, { cause: error });
    const reason = `${error.call} gave ${error.code}`;
    throw new Problem('JRN-001', { directory: toDisplay(path), reason }, { cause: error });
  }
}

function openOrMakeFolder(files: JournalFiles, path: ByteString): number {
  try {
    return files.openFolder(path);
  } catch (error) {
    if (!(error instanceof FileError) || error.code !== 'ENOENT') throw error;
    const above = folderAbove(path);
    if (above === null) throw error;
    const parent = openOrMakeFolder(files, above);
    try {
      files.makeFolderAt(parent, fromLatin1(path.slice(path.lastIndexOf('/') + 1)), 0o700);
    } finally {
      files.close(parent);
    }
  }
  return files.openFolder(path);
}

/** A folder that an earlier run made may still lack a durable name: it may have been stopped right then. */
function syncNamesIn(files: JournalFiles, path: ByteString): void {
  let folder: number;
  try {
    folder = files.openFolder(path);
  } catch (error) {
    if (error instanceof FileError && NOT_OURS.includes(error.code)) return;
    throw error;
  }
  try {
    files.sync(folder);
  } catch (error) {
    if (!(error instanceof FileError && NOT_OURS.includes(error.code))) throw error;
  } finally {
    files.close(folder);
  }
}

function folderAbove(path: ByteString): ByteString | null {
  if (path === '/') return null;
  const slash = path.lastIndexOf('/');
  return fromLatin1(slash <= 0 ? '/' : path.slice(0, slash));
}
