import { HandleTable, OWN_HANDLES_BYTES } from '../intercept/handle-table.ts';
import { type MountMemory, mountMemory } from '../intercept/mount-memory.ts';
import { NodeLocks } from '../intercept/node-locks.ts';
import { NodeMarks } from '../intercept/node-marks.ts';
import { closeBegun, giveUp } from '../intercept/ring-memory.ts';
import type { Agreement } from '../intercept/session-operations.ts';
import type { Takeover } from '../intercept/serve-options.ts';
import { FileError } from '../kernel/files.ts';
import type { MappedPlace } from '../kernel/shared-memory.ts';
import { Problem } from '../problems/problem.ts';
import { errnoName } from '../system/errno.ts';
import {
  closeDescriptor,
  detachMount,
  type FuseMount,
  mountById,
  mountsInside,
  placeOf,
  unmount,
} from '../system/fuse-mount.ts';
import { mountHolders } from '../system/mount-holders.ts';
import { nativeMemoryAt, viewMapped } from '../system/shared-memory.ts';
import { startThread, type Thread } from '../system/threads.ts';
import { wake } from '../system/wake.ts';
import { type LeftDescriptors, MountDescriptors } from './mount-descriptors.ts';
import type { FromMountThread, MountThreadStart } from './mount-threads.ts';

const WORKER = new URL('./mount-worker.ts', import.meta.url);
const HOLDERS_NAMED_MAX = 5;

/** Where the records of a mount go; several mounts may share it, and so have one order. */
export interface RecordsPlace {
  /** From makeRecordsMemory. */
  readonly ring: MappedPlace;
  /** Number of this mount among them. */
  readonly mount: number;
  /** Number of its first thread among the threads of all. */
  readonly firstThread: number;
  /** An eventfd that the reader sleeps on; null where it does not. */
  readonly readerWake: number | null;
  /** Where replies to flushes wait for the passive server (ParkedReplies); none do where it is left out. */
  readonly replies?: MappedPlace;
}

export interface MountOptions {
  /** Absolute, and as the kernel would name it. */
  readonly folder: string;
  readonly threads: number;
  readonly records: RecordsPlace;
  /**
   * Folders below it that are not recorded, none in another: what is done in them passes through. With one byte in each
   * character.
   */
  readonly excluded?: readonly string[];
  /**
   * The mount ended, or the folder's path does not lead into it any more, and it was not its owner: CAP-034 where a
   * thread failed, CAP-035 where somebody else did it. Once at most; the records count as lost from then on.
   * {@link MountHost.root} is open until it is ended all the same.
   */
  readonly onBreakdown: (problem: Problem) => void;
  /** Who goes on with it when this process is killed; nobody where it is left out. */
  readonly keeper?: MountKeeper;
}

/** Keeps what a mount consists of beyond the process that serves it. */
export interface MountKeeper {
  /** Before anybody sees the mount. @param id - the kernel's number of it. */
  hold(descriptors: LeftDescriptors, id: string): Promise<void>;
  /** It has ended. */
  release(): Promise<void>;
  /** A file that loses its last name while it is open. */
  holdFile(node: KeptNode, descriptor: number): Promise<void>;
  releaseFile(node: KeptNode): Promise<void>;
}

/** A file by its number. */
export interface KeptNode {
  readonly low: number;
  readonly high: number;
}

/** A file that a process before had open, and that has no name. */
export interface KeptFile extends KeptNode {
  readonly descriptor: number;
}

/**
 * A folder that is mounted over in place. Everything that is done in it passes through to what lies underneath,
 * and every change of it is in the ring before the call that made it returns.
 *
 * States: served; left, where somebody else unmounted it and what is open in it is still served; ended, by
 * {@link stop}, {@link abort} or a breakdown, or when what was left is closed. Ending waits for the threads.
 */
export class MountHost {
  readonly #folder: string;
  readonly #onBreakdown: MountOptions['onBreakdown'];
  readonly #records: RecordsPlace;
  readonly #descriptors: MountDescriptors;
  readonly #threads: number;
  readonly #memory: MountMemory;
  readonly #ownHandles = new SharedArrayBuffer(OWN_HANDLES_BYTES);
  readonly #table: HandleTable;
  /** Without a name, and open. */
  readonly #files = new Map<string, KeptFile>();
  readonly #keeper: MountKeeper | null;
  /** The first request was answered; null where one before did that, and what it had in flight is settled. */
  readonly #begun = Promise.withResolvers<Agreement | null>();
  readonly #ended = Promise.withResolvers<void>();
  /** Null until it is attached. */
  #mount: FuseMount | null = null;
  #running = 0;
  #isLeft = false;
  #isEnding = false;

  /**
   * Nobody sees the mount before its threads serve it.
   * @throws Problem CAP-030 where it can't be mounted over, CAP-031 where something is mounted in it, CAP-032
   *   where the kernel is too old. Nothing is left behind.
   */
  static async start(options: MountOptions): Promise<MountHost> {
    const { folder } = options;
    try {
      const [inside] = mountsInside(folder);
      if (inside !== undefined) throw new Problem('CAP-031', { path: folder, mount: inside });
      const host = new MountHost(options, MountDescriptors.open(folder, options.threads));
      await host.#begin(options);
      return host;
    } catch (error) {
      if (error instanceof FileError) throw new Problem('CAP-030', { path: folder, reason: error.message });
      throw error;
    }
  }

  /**
   * Goes on with a mount whose process has ended: settles what that had in flight, and serves.
   * @param options - as the mount was started with.
   * @param left - the kernel's number of it, its descriptors, and files without a name.
   * @throws Problem CAP-030 where it can't be gone on with. It is ended then.
   */
  static async takeOver(
    options: MountOptions,
    { id, files, ...left }: LeftDescriptors & { readonly id: string; readonly files: readonly KeptFile[] },
  ): Promise<MountHost> {
    const { folder } = options;
    try {
      const host = new MountHost(options, MountDescriptors.adopt(folder, options.threads, left));
      host.#adoptFiles(files);
      await host.#goOn(mountById(folder, id), options.excluded ?? []);
      return host;
    } catch (error) {
      if (error instanceof FileError) throw new Problem('CAP-030', { path: folder, reason: error.message });
      throw error;
    }
  }

  private constructor(options: MountOptions, descriptors: MountDescriptors) {
    this.#folder = options.folder;
    this.#onBreakdown = options.onBreakdown;
    this.#records = options.records;
    this.#descriptors = descriptors;
    this.#threads = options.threads;
    this.#keeper = options.keeper ?? null;
    this.#memory = mountMemory(descriptors.place, options.threads, { shared: viewMapped, native: nativeMemoryAt });
    this.#table = new HandleTable(this.#memory.handles, this.#ownHandles);
  }

  /** Serves no more, and leaves the mount to its keeper: requests wait in the kernel until somebody goes on with it. */
  async leave(): Promise<void> {
    if (!this.#isEnding) {
      this.#isEnding = true;
      wake(this.#descriptors.wake);
    }
    await this.#ended.promise;
  }

  /** It serves nothing any more, however it came to that. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** To the kernel; stays the mount's. */
  get connection(): number {
    return this.#descriptors.connection;
  }

  /** Descriptor of the folder underneath; stays the mount's, and is closed when its owner ends it. */
  get root(): number {
    return this.#descriptors.root;
  }

  /**
   * Ends the mount.
   * @throws Problem CAP-033 where somebody uses it, or another one lies over it: it then goes on.
   */
  async stop(): Promise<void> {
    this.#look();
    if (this.#mount !== null && !this.#isEnding) this.#unmount(this.#mount);
    await this.#finish();
  }

  /** Ends the mount whoever uses it. */
  async abort(): Promise<void> {
    if (this.#mount !== null && !this.#isEnding) detachMount(this.#mount);
    await this.#finish();
  }

  async #begin({ excluded = [] }: MountOptions): Promise<void> {
    try {
      this.#startThreads(excluded, null);
      const agreement = await this.#begun.promise;
      const { minor, isAgreed } = agreement ?? { minor: 0, isAgreed: false };
      if (!isAgreed) throw new Problem('CAP-032', { path: this.#folder, version: `FUSE 7.${String(minor)}` });
      await this.#keeper?.hold(this.#descriptors, this.#descriptors.mountId);
      this.#mount = this.#descriptors.attach();
    } catch (error) {
      await this.#finish();
      throw error;
    }
  }

  #adoptFiles(files: readonly KeptFile[]): void {
    for (const file of files) this.#files.set(nameOf(file), file);
    this.#table.kept = this.#files.size;
  }

  async #goOn(mount: FuseMount | null, excluded: readonly string[]): Promise<void> {
    const { locks, marks } = this.#memory;
    new NodeLocks(locks).begin();
    new NodeMarks(marks).begin();
    this.#table.learn();
    try {
      this.#startThreads(excluded, { settled: new SharedArrayBuffer(4) });
      await this.#begun.promise;
      if (mount === null) throw new Problem('CAP-030', { path: this.#folder, reason: 'its mount has gone' });
      this.#mount = mount;
      this.#look();
    } catch (error) {
      if (mount !== null) detachMount(mount);
      await this.#finish();
      throw error;
    }
  }

  #startThreads(excluded: readonly string[], takeover: Takeover | null): void {
    const { connection, underneath, wake, mountList, place } = this.#descriptors;
    const [threads, ownHandles, { replies = null }] = [this.#threads, this.#ownHandles, this.#records];
    const shared = { connection, root: underneath, wake, mountList, memory: place, threads, ownHandles };
    while (this.#running < threads) {
      const keptWord = this.#keeper === null ? null : new SharedArrayBuffer(4);
      const own = { thread: this.#running, keptWord };
      this.#startThread({ ...shared, ...this.#records, replies, excluded, takeover, ...own });
    }
  }

  #startThread(start: MountThreadStart): void {
    const thread: Thread<never, FromMountThread> = startThread(WORKER, start);
    this.#running += 1;
    thread.onMessage((message) => {
      if (message.kind === 'agreement') this.#begun.resolve(message.agreement);
      else if (message.kind === 'mounts') this.#look();
      else if (message.kind === 'keep') void this.#keep(message, start.keptWord);
      else if (message.kind === 'letGo') void this.#letGo(message);
      else if (message.kind === 'settled') this.#begun.resolve(null);
      else if (message.ended.kind === 'failed') this.#breakDown(errnoName(message.ended.error));
      else if (message.ended.kind === 'unmounted') this.#disconnected();
    });
    thread.onEnd((error) => {
      closeBegun(viewMapped(start.ring), start.firstThread + start.thread);
      if (error !== null) this.#breakDown(error.message);
      this.#running -= 1;
      if (this.#running === 0) this.#ended.resolve();
    });
  }

  async #keep({ low, high, descriptor }: KeptFile, keptWord: SharedArrayBuffer | null): Promise<void> {
    const name = nameOf({ low, high });
    const before = this.#files.get(name);
    this.#files.set(name, { low, high, descriptor });
    this.#table.kept = this.#files.size;
    await this.#keeper?.holdFile({ low, high }, descriptor);
    if (before !== undefined) closeDescriptor(before.descriptor);
    if (keptWord === null) return;
    Atomics.store(new Int32Array(keptWord), 0, 1);
    Atomics.notify(new Int32Array(keptWord), 0);
  }

  async #letGo(node: KeptNode): Promise<void> {
    const kept = this.#files.get(nameOf(node));
    if (kept === undefined || this.#table.isOpen(node.low, node.high)) return;
    this.#files.delete(nameOf(node));
    this.#table.kept = this.#files.size;
    await this.#keeper?.releaseFile(node);
    closeDescriptor(kept.descriptor);
  }

  /** Does the folder's path still lead into the mount? */
  #look(): void {
    if (this.#mount === null || this.#isEnding || this.#isLeft) return;
    const place = placeOf(this.#mount);
    if (place.kind === 'gone') this.#leave('it was unmounted');
    else if (place.kind === 'moved') this.#leave(`its mount is at ${place.path} now`);
  }

  /** Somebody else took it away. Who still has something open in it goes on. */
  #leave(reason: string): void {
    this.#isLeft = true;
    this.#tell(new Problem('CAP-035', { path: this.#folder, reason }));
  }

  /** The kernel has no more requests, and won't. */
  #disconnected(): void {
    this.#look();
    if (this.#isLeft) void this.#end();
    else this.#fail('CAP-035', 'its connection to the kernel was aborted');
  }

  #breakDown(reason: string): void {
    this.#fail('CAP-034', reason);
  }

  #fail(code: 'CAP-034' | 'CAP-035', reason: string): void {
    if (this.#isEnding) return;
    const path = this.#folder;
    if (this.#mount === null) {
      // Who waits for its start hears of it, and ends it.
      this.#begun.reject(new Problem('CAP-030', { path, reason: `who was to serve it failed (${reason})` }));
      return;
    }
    detachMount(this.#mount);
    if (!this.#isLeft) this.#tell(new Problem(code, { path, reason }));
    void this.#end();
  }

  #tell(problem: Problem): void {
    const { ring, readerWake } = this.#records;
    giveUp(viewMapped(ring));
    if (readerWake !== null) wake(readerWake);
    this.#onBreakdown(problem);
  }

  async #finish(): Promise<void> {
    await this.#end();
    this.#descriptors.closeRoot();
  }

  /** After that only its owner still has what is underneath. */
  async #end(): Promise<void> {
    if (!this.#isEnding) {
      this.#isEnding = true;
      wake(this.#descriptors.wake);
      new NodeLocks(this.#memory.locks).end();
      if (this.#running === 0) this.#ended.resolve();
    }
    await this.#ended.promise;
    await this.#keeper?.release();
    for (const { low, high } of this.#files.values()) await this.#keeper?.releaseFile({ low, high });
    this.#files.clear();
    this.#descriptors.close();
  }

  /** @throws Problem CAP-033 */
  #unmount(mount: FuseMount): void {
    const kept = unmount(mount);
    const holders = kept === 'used' || this.#isLeft ? mountHolders(mount, { isLeft: this.#isLeft }) : [];
    if (kept === null && holders.length === 0) return;
    const named = holders.slice(0, HOLDERS_NAMED_MAX).map(({ name, processId }) => `${name} (${processId})`);
    const more = holders.length > named.length ? [`${holders.length - named.length} more`] : [];
    const by = [...named, ...more].join(', ') || 'somebody';
    const reason = kept === 'covered' ? 'something else is mounted over it' : `it is used by ${by}`;
    throw new Problem('CAP-033', { path: this.#folder, holders: reason });
  }
}

function nameOf({ low, high }: KeptNode): string {
  return `${String(low)} ${String(high)}`;
}
