import { type Change, comparePositions, type Position } from '../changes/change.ts';
import { DirtySet } from '../changes/dirty-set.ts';
import { type ByteString, fromLatin1, fromText, toBytes } from '../kernel/byte-string.ts';
import { FileError, type Files } from '../kernel/files.ts';
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
/** Items named at once; of more, only that there are more is known. */
const ITEMS_MAX = 200_000;
/** A line of its own: what was left out is too much to name. */
const TOO_MUCH = '' as ByteString;
/** What was refused is written again after this long. */
const AGAIN_MS = 1000;
/** What a power cut may take of the log: less than this. */
const SYNC_EVERY_MS = 1000;
/** Of lines that waited. */
const LINES_PER_WRITE = 1000;
const PREFIX = 'activity-';
/** Followed by the boot of the machine that a run began in; gone once it stopped. */
const RUN = 'run-';
/** Paths are separated by the one byte that no path holds. */
const SEPARATOR = '\0';

interface Generation {
  name: ByteString;
  /** Null before the first line of it is written. */
  file: number | null;
  readonly items: Set<ByteString>;
  readonly dirty: DirtySet;
  bytes: number;
  isSynced: boolean;
  /** Lines that were refused. */
  unwritten: ByteString[];
}

export interface ActivityLogOptions {
  readonly files: ActivityFiles;
  /** Existing folder that holds nothing else with the log's prefixes. */
  readonly folder: string;
  /** Another one each time that the machine starts: a part of a file name. */
  readonly bootId: string;
  /** Told when the disk refuses, and with null when it takes what is written again. What changed is known all the same. */
  readonly onRefused?: (error: FileError | null) => void;
}

/**
 * Which items changed since the passive last said that everything before was applied: durable and
 * coarse as paths, and for as long as this run lasts exact as a {@link DirtySet}. It is what an unclean
 * stop of the active server leaves to look at first, and what a queue that was given up leaves to check.
 * Two generations suffice: one that grows, and one that waits for the passive to catch up with its
 * end. What was left by a queue that was given up waits beside them until it is mended.
 *
 * Not safe to share between threads.
 */
export class ActivityLog {
  readonly #files: ActivityFiles;
  readonly #folder: number;
  readonly #run: ByteString;
  readonly #onRefused: (error: FileError | null) => void;
  readonly #suspects: ByteString[] = [];
  /** What earlier runs left is too much to name. */
  #isTooMuch = false;
  #number = 0;
  #growing: Generation;
  #waiting: { readonly generation: Generation; readonly end: Position } | null = null;
  /** No position tells when these are settled. */
  #left: Generation[] = [];
  /** The queue was given up: no position settles anything. */
  #isHeld = false;
  /** In how many generations each item is. */
  readonly #counts = new Map<ByteString, number>();
  #last: Position = { epoch: 0, sequence: 0 };
  #unsyncedSince: MonotonicMs | null = null;
  #hasNewName = false;
  #isRefused = false;
  #writeAgainAt = 0;
  /** Files of earlier runs, kept until this run has stated everything. */
  #earlier: ByteString[] = [];

  constructor(options: ActivityLogOptions) {
    this.#files = options.files;
    this.#onRefused = options.onRefused ?? (() => undefined);
    this.#folder = this.#files.openFolder(fromText(options.folder));
    this.#run = fromText(RUN + options.bootId);
    for (const name of this.#files.list(this.#folder)) {
      if (name.startsWith(PREFIX)) this.#readEarlier(name);
      else if (name.startsWith(RUN) && name !== this.#run) this.#machineEnded(name);
    }
    this.#growing = this.#begin();
    this.#beginRun();
  }

  /** Protected paths that may differ after an unclean stop; null where there are too many to name. */
  get suspects(): readonly ByteString[] | null {
    return this.#isTooMuch ? null : this.#suspects;
  }

  /** How many items changed since the passive's last checkpoint; at least so many, where they are too much to name. */
  get changedCount(): number {
    return this.#counts.size;
  }

  /** These items, in no order. */
  get changedItems(): ReadonlySet<ByteString> {
    return new Set(this.#counts.keys());
  }

  /** What a queue that was given up left, and is not mended yet; null where that is too much to name. */
  get left(): DirtySet | null {
    const left = new DirtySet();
    for (const { dirty } of this.#isHeld ? this.#generations() : this.#left) left.addAll(dirty);
    return left.isTooMuch ? null : left;
  }

  /** A change is made, with this position; to be called before {@link changed} names its items. */
  note(change: Change, position: Position): void {
    this.#last = position;
    this.#growing.dirty.add(change);
  }

  /** An item changes, by the change that will have this position. */
  changed(path: ByteString, position: Position, now: MonotonicMs): void {
    this.#last = position;
    const growing = this.#growing;
    if (growing.items.has(path) || growing.items.size > ITEMS_MAX) return;
    const line = growing.items.size < ITEMS_MAX ? path : TOO_MUCH;
    growing.items.add(line);
    if (line !== TOO_MUCH) this.#counts.set(line, (this.#counts.get(line) ?? 0) + 1);
    growing.unwritten.push(line);
    if (!this.#isRefused) this.#write(growing, now);
    this.#unsyncedSince ??= now;
  }

  /** Everything up to here is applied and checkpointed on the passive. */
  settled(position: Position): void {
    if (this.#isHeld) return;
    if (this.#waiting !== null && comparePositions(position, this.#waiting.end) >= 0) {
      this.#drop(this.#waiting.generation);
      this.#waiting = null;
    }
    if (this.#waiting === null && this.#growing.items.size + this.#growing.dirty.size > 0) {
      this.#waiting = { generation: this.#growing, end: this.#last };
      this.#growing = this.#begin();
      if (comparePositions(position, this.#last) >= 0) this.settled(position);
    }
  }

  /** The queue is given up: until another stream begins no position settles anything. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Another stream begins: what has changed so far is settled only by {@link mended} or {@link verified}. */
  streamBegins(): void {
    this.#isHeld = false;
    if (this.#waiting !== null) this.#left.push(this.#waiting.generation);
    this.#waiting = null;
    if (this.#growing.items.size + this.#growing.dirty.size === 0) return;
    this.#left.push(this.#growing);
    this.#growing = this.#begin();
  }

  /** A check of what was left was applied. */
  mended(): void {
    for (const generation of this.#left) this.#drop(generation);
    this.#left = [];
  }

  /** A whole check was applied: what earlier runs left behind is settled too. */
  verified(): void {
    this.mended();
    for (const name of this.#earlier) this.#remove(name);
    this.#earlier = [];
    this.#suspects.length = 0;
    this.#isTooMuch = false;
  }

  /** Writes and syncs when it is due. @returns milliseconds until the next time is. */
  step(now: MonotonicMs): number {
    if (this.#isRefused) return this.#again(now);
    if (this.#unsyncedSince === null) return Number.POSITIVE_INFINITY;
    const dueInMs = this.#unsyncedSince + SYNC_EVERY_MS - now;
    if (dueInMs > 0) return dueInMs;
    return this.#sync(now) ? Number.POSITIVE_INFINITY : AGAIN_MS;
  }

  close(): void {
    const generations = this.#generations();
    for (const generation of generations) if (generation.items.size === 0) this.#drop(generation);
    this.#sync(0);
    for (const { file } of generations) if (file !== null) this.#files.close(file);
    this.#endRun();
    this.#files.close(this.#folder);
  }

  #generations(): Generation[] {
    return [...this.#left, ...(this.#waiting === null ? [] : [this.#waiting.generation]), this.#growing];
  }

  /** Tries what was refused. @returns milliseconds until the next time. */
  #again(now: MonotonicMs): number {
    if (now < this.#writeAgainAt) return this.#writeAgainAt - now;
    if (!this.#generations().every((generation) => this.#write(generation, now)) || !this.#sync(now)) return AGAIN_MS;
    this.#isRefused = false;
    this.#onRefused(null);
    return Number.POSITIVE_INFINITY;
  }

  /** All lines that are not written yet. @returns false where the disk refuses: they stay, and are written when it takes them. */
  #write(generation: Generation, now: MonotonicMs): boolean {
    try {
      while (generation.unwritten.length > 0) {
        const lines = generation.unwritten.slice(0, LINES_PER_WRITE);
        this.#append(generation, toBytes((lines.join(SEPARATOR) + SEPARATOR) as ByteString));
        generation.unwritten = generation.unwritten.slice(lines.length);
      }
    } catch (error) {
      return this.#refused(error, now);
    }
    return true;
  }

  #append(generation: Generation, lines: Uint8Array): void {
    if (generation.file === null) {
      const flags = OPEN.writeOnly | OPEN.create | OPEN.exclusive;
      generation.file = this.#files.openAt(this.#folder, generation.name, flags, 0o600);
      this.#hasNewName = true;
    }
    this.#files.write(generation.file, lines, generation.bytes);
    generation.bytes += lines.length;
    generation.isSynced = false;
  }

  #refused(error: unknown, now: number): false {
    if (!(error instanceof FileError)) throw error;
    this.#writeAgainAt = now + AGAIN_MS;
    if (!this.#isRefused) this.#onRefused(error);
    this.#isRefused = true;
    return false;
  }

  /** All generations, and their names: a file that a power cut takes away tells of nothing. */
  #sync(now: number): boolean {
    for (const generation of this.#generations()) {
      if (generation.isSynced || generation.file === null) continue;
      try {
        this.#files.syncData(generation.file);
        generation.isSynced = true;
      } catch (error) {
        this.#writeAnew(generation);
        return this.#refused(error, now);
      }
    }
    try {
      if (this.#hasNewName) this.#files.sync(this.#folder);
    } catch (error) {
      return this.#refused(error, now);
    }
    this.#hasNewName = false;
    this.#unsyncedSince = null;
    return true;
  }

  /** After a failed sync nobody knows what of a file is on the disk: another one gets all of it. */
  #writeAnew(generation: Generation): void {
    this.#closeFile(generation);
    generation.name = this.#nextName();
    generation.bytes = 0;
    generation.unwritten = [...generation.items];
  }

  #closeFile(generation: Generation): void {
    if (generation.file === null) return;
    this.#files.close(generation.file);
    generation.file = null;
    this.#remove(generation.name);
  }

  /** A file that stays tells the next run to look at more than it has to. */
  #remove(name: ByteString): void {
    try {
      this.#files.unlinkAt(this.#folder, name);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
    }
  }

  #nextName(): ByteString {
    return fromText(`${PREFIX}${String(this.#number++)}`);
  }

  #begin(): Generation {
    const name = this.#nextName();
    return { name, file: null, items: new Set(), dirty: new DirtySet(), bytes: 0, isSynced: true, unwritten: [] };
  }

  #drop(generation: Generation): void {
    for (const item of generation.items) {
      const count = this.#counts.get(item) ?? 0;
      if (count > 1) this.#counts.set(item, count - 1);
      else this.#counts.delete(item);
    }
    generation.unwritten = [];
    this.#closeFile(generation);
  }

  /**
   * The machine ended while a run lasted. Of a file that was overwritten in place it may have kept the new times and
   * not the content, also where the passive server had long settled it: nothing less than all content tells.
   */
  #machineEnded(run: ByteString): void {
    this.#earlier.push(run);
    this.#isTooMuch = true;
  }

  /** Where the disk refuses it, what changes can't be written down either, which is told then. */
  #beginRun(): void {
    try {
      this.#files.close(this.#files.openAt(this.#folder, this.#run, OPEN.writeOnly | OPEN.create, 0o600));
      this.#files.sync(this.#folder);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
    }
  }

  #endRun(): void {
    try {
      this.#files.unlinkAt(this.#folder, this.#run);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
    }
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
        if (path !== TOO_MUCH && this.#suspects.length < SUSPECTS_MAX) this.#suspects.push(fromLatin1(path));
        else this.#isTooMuch = true;
      }
      if (position >= FILE_BYTES_MAX) this.#isTooMuch = true;
    }
    this.#files.close(file);
  }
}
