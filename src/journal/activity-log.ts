import { comparePositions, type Position } from '../changes/change.ts';
import { type ByteString, fromLatin1, fromText, toBytes } from '../kernel/byte-string.ts';
import type { Files } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import type { MonotonicMs } from '../kernel/units.ts';

/** The part of the file door that the log uses. */
export type ActivityFiles = Pick<
  Files,
  'openFolder' | 'list' | 'openAt' | 'read' | 'write' | 'syncData' | 'sync' | 'unlinkAt' | 'close' | 'stat'
>;

/** Items remembered when a log is read; beyond that only a check of everything helps. */
const SUSPECTS_MAX = 100_000;
const FILE_BYTES_MAX = 64 * 1024 * 1024;
/** What a power cut may take of the log: less than this. */
const SYNC_EVERY_MS = 1000;
const PREFIX = 'activity-';
/** Paths are separated by the one byte that no path holds. */
const SEPARATOR = '\0';

interface Generation {
  readonly name: ByteString;
  readonly file: number;
  readonly items: Set<ByteString>;
  bytes: number;
  isSynced: boolean;
}

/**
 * Which items changed since the passive last said that everything before was applied: durable and
 * coarse. It is what an unclean stop of the active server leaves to look at first. Two generations
 * suffice: one that grows, and one that waits for the passive to catch up with its end.
 *
 * Not safe to share between threads.
 */
export class ActivityLog {
  readonly #files: ActivityFiles;
  readonly #folder: number;
  readonly #suspects: ByteString[] = [];
  /** What earlier runs left is too much to name. */
  #isTooMuch = false;
  #number = 0;
  #growing: Generation;
  #waiting: { readonly generation: Generation; readonly end: Position } | null = null;
  /** Items that both generations have. */
  #inBoth = 0;
  #last: Position = { epoch: 0, sequence: 0 };
  #unsyncedSince: MonotonicMs | null = null;
  #hasNewName = false;
  /** Files of earlier runs, kept until this run has stated everything. */
  #earlier: ByteString[] = [];

  /** @param folder - existing folder that holds nothing else with this prefix. */
  constructor(options: { files: ActivityFiles; folder: string }) {
    this.#files = options.files;
    this.#folder = this.#files.openFolder(fromText(options.folder));
    for (const name of this.#files.list(this.#folder)) if (name.startsWith(PREFIX)) this.#readEarlier(name);
    this.#growing = this.#begin();
  }

  /** Protected paths that may differ after an unclean stop; null where there are too many to name. */
  get suspects(): readonly ByteString[] | null {
    return this.#isTooMuch ? null : this.#suspects;
  }

  /** How many items changed since the passive's last checkpoint. */
  get changedCount(): number {
    return this.#growing.items.size + (this.#waiting?.generation.items.size ?? 0) - this.#inBoth;
  }

  /** These items, in no order. */
  get changedItems(): ReadonlySet<ByteString> {
    return new Set([...(this.#waiting?.generation.items ?? []), ...this.#growing.items]);
  }

  /** An item changes, by the change that will have this position. */
  changed(path: ByteString, position: Position, now: MonotonicMs): void {
    this.#last = position;
    const growing = this.#growing;
    if (growing.items.has(path)) return;
    growing.items.add(path);
    if (this.#waiting?.generation.items.has(path) === true) this.#inBoth++;
    const line = toBytes((path + SEPARATOR) as ByteString);
    this.#files.write(growing.file, line, growing.bytes);
    growing.bytes += line.length;
    growing.isSynced = false;
    this.#unsyncedSince ??= now;
  }

  /** Everything up to here is applied and checkpointed on the passive. */
  settled(position: Position): void {
    if (this.#waiting !== null && comparePositions(position, this.#waiting.end) >= 0) {
      this.#drop(this.#waiting.generation);
      this.#waiting = null;
      this.#inBoth = 0;
    }
    if (this.#waiting === null && this.#growing.items.size > 0) {
      this.#waiting = { generation: this.#growing, end: this.#last };
      this.#growing = this.#begin();
      if (comparePositions(position, this.#last) >= 0) this.settled(position);
    }
  }

  /** A whole check was applied: what earlier runs left behind is settled too. */
  verified(): void {
    for (const name of this.#earlier) this.#files.unlinkAt(this.#folder, name);
    this.#earlier = [];
    this.#suspects.length = 0;
    this.#isTooMuch = false;
  }

  /** Syncs when it is due. @returns milliseconds until the next sync is. */
  step(now: MonotonicMs): number {
    if (this.#unsyncedSince === null) return Number.POSITIVE_INFINITY;
    const dueInMs = this.#unsyncedSince + SYNC_EVERY_MS - now;
    if (dueInMs > 0) return dueInMs;
    this.#sync();
    return Number.POSITIVE_INFINITY;
  }

  close(): void {
    if (this.#growing.items.size === 0) {
      this.#drop(this.#growing);
    } else {
      this.#sync();
      this.#files.close(this.#growing.file);
    }
    if (this.#waiting !== null) this.#files.close(this.#waiting.generation.file);
    this.#files.close(this.#folder);
  }

  /** Both generations, and their names: a file that a power cut takes away tells of nothing. */
  #sync(): void {
    for (const generation of [this.#growing, this.#waiting?.generation]) {
      if (generation === undefined || generation.isSynced) continue;
      this.#files.syncData(generation.file);
      generation.isSynced = true;
    }
    if (this.#hasNewName) this.#files.sync(this.#folder);
    this.#hasNewName = false;
    this.#unsyncedSince = null;
  }

  #begin(): Generation {
    const name = fromText(`${PREFIX}${String(this.#number++)}`);
    const file = this.#files.openAt(this.#folder, name, OPEN.writeOnly | OPEN.create | OPEN.exclusive, 0o600);
    this.#hasNewName = true;
    return { name, file, items: new Set(), bytes: 0, isSynced: true };
  }

  #drop(generation: Generation): void {
    this.#files.close(generation.file);
    this.#files.unlinkAt(this.#folder, generation.name);
  }

  /** A torn last path is no path of ours: what follows the last separator is ignored. */
  #readEarlier(name: ByteString): void {
    this.#earlier.push(name);
    this.#number = Math.max(this.#number, 1 + (Number(name.slice(PREFIX.length)) || 0));
    const file = this.#files.openAt(this.#folder, name, OPEN.readOnly);
    const content = Buffer.alloc(1024 * 1024);
    let rest = '';
    for (let position = 0; !this.#isTooMuch; ) {
      const length = this.#files.read(file, content, { offset: 0, length: content.length, position });
      if (length === 0) break;
      position += length;
      const paths = (rest + content.toString('latin1', 0, length)).split(SEPARATOR);
      rest = paths.pop() ?? '';
      for (const path of paths) {
        if (this.#suspects.length < SUSPECTS_MAX) this.#suspects.push(fromLatin1(path));
        else this.#isTooMuch = true;
      }
      if (position >= FILE_BYTES_MAX) this.#isTooMuch = true;
    }
    this.#files.close(file);
  }
}
