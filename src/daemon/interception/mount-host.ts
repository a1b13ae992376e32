import { ExclusionWords } from '../../intercept/exclusion-words.ts';
import { HandleTable, OWN_HANDLES_BYTES } from '../../intercept/handle-table.ts';
import { type KeptMemory, keptMemory } from '../../intercept/kept-memory.ts';
import { NodeLocks } from '../../intercept/node-locks.ts';
import { NodeMarks } from '../../intercept/node-marks.ts';
import { closeBegun, giveUp } from '../../intercept/ring-memory.ts';
import type { Agreement } from '../../intercept/session-operations.ts';
import type { Takeover } from '../../intercept/serve-options.ts';
import {
  type Guarded,
  GuardedWords,
  KnownNodes,
  makeWayMemory,
  MountWay,
  OpenedFiles,
  plainFilesIn,
  WAY,
  type Way,
} from '../../intercept/mount-way.ts';
import { FORGET_NAMES_MINOR, forgetNames, forgetNode } from '../../fuse/notices.ts';
import { Turns } from '../../intercept/turns.ts';
import { fromText } from '../../kernel/byte-string.ts';
import { FileError } from '../../kernel/files.ts';
import { Problem } from '../../problems/problem.ts';
import { errnoName } from '../../system/native/errno.ts';
import {
  detachMount,
  type FuseMount,
  mountById,
  mountsInside,
  openBeneath,
  openUnderneath,
  placeOf,
  tellKernelAside,
  unmount,
} from '../../system/mounts/fuse-mount.ts';
import { mountHolders } from '../../system/mounts/mount-holders.ts';
import { nativeMemoryAt, viewMapped } from '../../system/native/shared-memory.ts';
import { startThread, type Thread } from '../../system/processes/threads.ts';
import { systemTimers } from '../../system/machine/timers.ts';
import { wake } from '../../system/native/wake.ts';
import { KeptFiles } from './kept-files.ts';
import { MountDescriptors } from './mount-descriptors.ts';
import type { LeftMount, MountKeeper, MountOptions, RecordsPlace } from './mount-options.ts';
import type { FromMountThread, MountThreadStart } from './mount-threads.ts';

const WORKER = new URL('./mount-worker.ts', import.meta.url);
const HOLDERS_NAMED_MAX = 5;
/** So often it is looked whether all requests of the way before have been answered. */
const TURNS_LOOK_MS = 1;
/** Where nothing else is said everything is protected. */
const ALL: Guarded = { folder: fromText('/'), include: [fromText('/**')], exclude: [] };

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
  readonly #kept: KeptMemory;
  readonly #ownHandles = new SharedArrayBuffer(OWN_HANDLES_BYTES);
  readonly #table: HandleTable;
  readonly #files: KeptFiles;
  readonly #keeper: MountKeeper | null;
  /** The first request was answered; where a process before did that, what it had in flight is settled. */
  readonly #begun = Promise.withResolvers<Agreement>();
  readonly #onAttempts: NonNullable<MountOptions['onAttempts']>;
  /** Who has what open in it, and what the kernel may remember of it (mount-way.ts). */
  readonly wayMemory: SharedArrayBuffer;
  readonly #ended = Promise.withResolvers<void>();
  /** Null until it is attached. */
  #mount: FuseMount | null = null;
  #minorBefore = 0;
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
      // Apply moves files to and from beside the folder, which takes one mount for both.
      const openRoot = options.way === WAY.refuse ? openBeneath : openUnderneath;
      const host = new MountHost(options, MountDescriptors.open(folder, options.threads, openRoot));
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
  static async takeOver(options: MountOptions, { id, minor, files, ...left }: LeftMount): Promise<MountHost> {
    const { folder } = options;
    try {
      const host = new MountHost(options, MountDescriptors.adopt(folder, options.threads, left));
      host.#minorBefore = minor;
      host.#files.adopt(files);
      await host.#goOn(mountById(folder, id));
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
    this.#onAttempts = options.onAttempts ?? (() => {});
    this.wayMemory = makeWayMemory(options.way ?? WAY.record);
    this.#threads = options.threads;
    this.#keeper = options.keeper ?? null;
    this.#kept = keptMemory(descriptors.place, options.threads, { shared: viewMapped, native: nativeMemoryAt });
    this.#table = new HandleTable(this.#kept.handles, this.#ownHandles);
    this.#files = new KeptFiles(this.#keeper, this.#table);
  }

  /** Serves no more, and leaves the mount to its keeper: requests wait in the kernel until somebody goes on with it. */
  async leave(): Promise<void> {
    if (!this.#isEnding) {
      this.#isEnding = true;
      wake(this.#descriptors.wake);
      // Who waits has begun nothing, and whoever goes on carries it out.
      new NodeLocks(this.#kept.locks).end();
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

  /** Connection to the kernel, for notices (fuse/notices.ts); open as long as {@link root}. */
  get notices(): number {
    return this.#descriptors.notices;
  }

  /** Its file system's device, as the kernel lists mounts; empty before it is attached. */
  get device(): string {
    return this.#mount?.device ?? '';
  }

  /** What is refused in the passive server's way, from the next request on. @returns false where that is too long to be told. */
  guard(guarded: Guarded): boolean {
    return new GuardedWords(this.wayMemory).set(guarded);
  }

  /**
   * From its end on every request is answered in the other way, and what the kernel remembers from the former one is
   * right in it. Before `record`, whoever changed something underneath has ended. Must not overlap.
   * @throws Problem CAP-050 where the kernel can't be made to forget: it is served as before.
   */
  async switchTo(way: Way): Promise<void> {
    const { minor } = await this.#begun.promise;
    if (way === WAY.refuse && minor < FORGET_NAMES_MINOR) {
      throw new Problem('CAP-050', { path: this.#folder, version: `FUSE 7.${String(minor)}` });
    }
    new MountWay(this.wayMemory).set(way);
    const turns = new Turns(viewMapped(this.#records.ring));
    turns.begin();
    while (!turns.isOver()) await pause(TURNS_LOOK_MS);
    plainFilesIn(this.wayMemory).clear();
    if (way === WAY.refuse) await this.#forgetAll();
  }

  /** What was told the kernel for good is changed by others from now on. */
  async #forgetAll(): Promise<void> {
    const { notices } = this.#descriptors;
    new KnownNodes(this.wayMemory).addAll();
    await tellKernelAside(notices, forgetNames());
    // What was stored into a mapping and not written out is refused, and does not stay in the kernel's memory.
    for (const { low, high, forWriting } of new OpenedFiles(this.wayMemory).of()) {
      if (forWriting) await tellKernelAside(notices, forgetNode(low, high));
    }
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

  async #begin({ excluded = [], guarded = ALL }: MountOptions): Promise<void> {
    // No thread minds another border yet.
    const words = new ExclusionWords(this.wayMemory);
    words.set(excluded);
    words.hide();
    try {
      if (!this.guard(guarded)) {
        throw new Problem('CAP-030', { path: this.#folder, reason: 'the patterns of what is protected are too long' });
      }
      this.#startThreads(null, this.#threads);
      const { minor, isAgreed } = await this.#begun.promise;
      if (!isAgreed) throw new Problem('CAP-032', { path: this.#folder, version: `FUSE 7.${String(minor)}` });
      await this.#keeper?.hold(this.#descriptors, { id: this.#descriptors.mountId, minor });
      this.#mount = this.#descriptors.attach();
    } catch (error) {
      await this.#finish();
      throw error;
    }
  }

  async #goOn(mount: FuseMount | null): Promise<void> {
    const { locks, marks } = this.#kept;
    new NodeLocks(locks).begin();
    new NodeMarks(marks, 0).begin();
    this.#table.learn();
    // What it remembers was told by somebody else.
    new KnownNodes(this.wayMemory).addAll();
    try {
      // The first one settles what all of the former ones had in flight; loading the others does not hold it up.
      const takeover = { settled: new SharedArrayBuffer(4) };
      this.#startThreads(takeover, 1);
      await this.#begun.promise;
      this.#startThreads(takeover, this.#threads);
      if (mount === null) throw new Problem('CAP-030', { path: this.#folder, reason: 'its mount has gone' });
      this.#mount = mount;
      await this.#files.letGoClosed();
      this.#look();
    } catch (error) {
      if (mount !== null) detachMount(mount);
      await this.#finish();
      throw error;
    }
  }

  #startThreads(takeover: Takeover | null, upTo: number): void {
    const { connection, underneath, wake, mountList, place } = this.#descriptors;
    const [threads, ownHandles, { replies = null }] = [this.#threads, this.#ownHandles, this.#records];
    const { wayMemory } = this;
    const shared = { connection, root: underneath, wake, mountList, wayMemory, kept: place, threads, ownHandles };
    while (this.#running < upTo) {
      const keptWord = this.#keeper === null ? null : new SharedArrayBuffer(4);
      const own = { thread: this.#running, keptWord };
      this.#startThread({ ...shared, ...this.#records, replies, takeover, ...own });
    }
  }

  #startThread(start: MountThreadStart): void {
    const thread: Thread<never, FromMountThread> = startThread(WORKER, start);
    this.#running += 1;
    thread.onMessage((message) => {
      if (message.kind === 'agreement') this.#begun.resolve(message.agreement);
      else if (message.kind === 'mounts') this.#look();
      else if (message.kind === 'keep') void this.#files.keep(message, start.keptWord);
      else if (message.kind === 'letGo') void this.#files.letGo(message);
      else if (message.kind === 'settled') this.#begun.resolve({ minor: this.#minorBefore, isAgreed: true });
      else if (message.kind === 'attempts') this.#onAttempts(message.attempts);
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
      new NodeLocks(this.#kept.locks).end();
      if (this.#running === 0) this.#ended.resolve();
    }
    await this.#ended.promise;
    await this.#keeper?.release();
    await this.#files.end();
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

function pause(ms: number): Promise<void> {
  return new Promise((done) => void systemTimers.after(ms, done));
}
