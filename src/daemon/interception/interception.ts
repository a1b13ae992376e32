import type { Attempt } from '../../intercept/attempts.ts';
import { LAYOUT_VERSION } from '../../intercept/kept-memory.ts';
import { WAY } from '../../intercept/mount-way.ts';
import { noteBypassed, THREADS_MAX } from '../../intercept/ring-memory.ts';
import type { ByteString } from '../../kernel/byte-string.ts';
import { fromText } from '../../kernel/byte-string.ts';
import { MIB, type MonotonicMs } from '../../kernel/units.ts';
import { fromData, isProblem, Problem, toData } from '../../problems/problem.ts';
import { usedBefore } from '../../intercept/preflight.ts';
import type { MountFacts } from './held-facts.ts';
import {
  excludedIn,
  guardedIn,
  type InterceptionOptions,
  type InterceptionProblem,
  type Mounted,
  problemOf,
  type WantedFolder,
  type WantedMounts,
} from './interception-options.ts';
import type { MountLeft } from './kept-mounts.ts';
import type { LeftBehind } from './left-behind.ts';
import { MountHost } from './mount-host.ts';
import { MountLooks } from './mount-looks.ts';
import type { MountOptions } from './mount-options.ts';
import { closeAllBegun, makeRecordsMemory, openRecordsMemory, type RecordsMemory } from './records-memory.ts';
import { numberOf } from '../../system/mounts/node-handle.ts';
import { viewMapped } from '../../system/native/shared-memory.ts';
import type { PassedMount } from './past-changes.ts';
import type { StreamInterception } from '../stream/thread-messages.ts';

const THREADS_A_MOUNT = 2;
const MOUNTS_MAX = THREADS_MAX / THREADS_A_MOUNT;
const RING_BYTES = 16 * MIB;
const NONE = -1;
/** Who uses it is looked up each time, in all of /proc. */
const RELEASE_LOOK_MS = 1000;

/**
 * The mounts over protected folders, for the life of the daemon: stream workers come and go, and find what was done
 * meanwhile in the ring of records. Calls must not overlap.
 */
export class Interception {
  readonly #options: InterceptionOptions;
  #mounted: Mounted[] = [];
  /** No longer over their folders; a stream worker may still read what is underneath. */
  #broken: Mounted[] = [];
  /** Of these, where the end is waited for. */
  readonly #awaited = new Set<Mounted>();
  #problems: InterceptionProblem[] = [];
  #records: RecordsMemory | null = null;
  #wake = -1;
  #mounts = 0;
  readonly #looks: MountLooks;
  /** A mount broke down and is gone: the stream worker must not go on with it. */
  onBroken: (problem: Problem) => void = () => {};

  constructor(options: InterceptionOptions) {
    this.#options = options;
    this.#looks = new MountLooks({
      timers: options.timers,
      machine: options,
      mounted: () => this.#mounted,
      isThere: ({ realPath }) => this.#pointOf(realPath) !== null,
      listeners: {
        onOpenersGone: (path) => {
          this.#noteBypassed();
          this.onCleared('CAP-037', path);
        },
        onFolderThere: () => this.onFolderThere(),
        onCovered: (path, problem) => this.onFound(path, problem),
        onUncovered: (path) => this.onCleared('CAP-061', path),
      },
    });
  }

  /** Something is wrong with a mount that was not at its beginning; and what is no more. */
  onFound: (path: string, problem: Problem) => void = () => {};
  onCleared: (code: 'CAP-037' | 'CAP-061', path: string) => void = () => {};

  /** Somebody wanted to change what is protected on the passive server, and was refused. */
  onAttempts: (attempts: readonly Attempt[]) => void = () => {};
  /** Another {@link prepare} would mount over more. */
  onFolderThere: () => void = () => {};

  /** Why folders are not intercepted that were to be, and what could change others past their mounts. */
  get problems(): readonly InterceptionProblem[] {
    const doubts = this.#mounted.flatMap(({ folder: { path }, doubts }) =>
      doubts.map((doubt) => ({ path, problem: toData(doubt) })),
    );
    return [...this.#problems, ...doubts, ...this.#looks.problems];
  }

  /** Past which something may be changed. */
  get passed(): readonly PassedMount[] {
    return this.#mounted.map(({ host }) => ({ notices: host.notices, root: numberOf(host.root) }));
  }

  /** For a stream worker; null where nothing is intercepted. */
  get forStream(): StreamInterception | null {
    const all = [...this.#mounted, ...this.#broken];
    if (this.#records === null || all.length === 0) return null;
    const folders = all.map((mounted) => ({
      mount: mounted.mount,
      path: fromText(mounted.folder.path) as ByteString,
      realPath: fromText(mounted.folder.realPath),
      root: mounted.host.root,
      isOver: this.#mounted.includes(mounted),
      connection: this.#options.replies.connectionOf(mounted.mount),
      wayMemory: mounted.host.wayMemory,
      notices: mounted.host.notices,
      device: mounted.host.device,
    }));
    return { folders, ring: this.#records.ring, replies: this.#options.replies.place, wake: this.#wake };
  }

  /**
   * Goes on with the mounts of a daemon that has ended, if there are any.
   * @throws Problem CAP-046 where it was of another version: they stay with the keeper.
   */
  async takeOver(): Promise<void> {
    const { records, mounts, files } = await this.#options.kept.left();
    if (records === null) return;
    const [memory = NONE, replies = NONE] = records.descriptors;
    this.#options.replies.adopt(replies);
    this.#records = openRecordsMemory(memory);
    this.#wake = this.#options.openWake();
    for (const one of mounts) await this.#goOn(one, files);
    // Of mounts that nobody goes on with.
    closeAllBegun(
      this.#records,
      this.#mounted.map(({ mount }) => mount * THREADS_A_MOUNT),
      THREADS_A_MOUNT,
    );
  }

  async #goOn(left: MountLeft, files: LeftBehind['files']): Promise<void> {
    const { facts } = left;
    const { mount, mountPoint, path, realPath } = facts;
    const { kept, openersPast, tell } = this.#options;
    this.#mounts = Math.max(this.#mounts, mount + 1);
    try {
      const options = { ...this.#mountOptions(facts), keeper: kept.keeperOf(facts) };
      const host = await MountHost.takeOver(options, kept.mountOf(left, files));
      await this.#letWait(mount, host);
      const openers = usedBefore(mountPoint, openersPast(mountPoint, host.root));
      const doubts = [...facts.doubts.map(fromData).filter((doubt) => doubt !== null), ...openers];
      this.#mounted.push({ folder: { path, realPath }, mount, host, mountPoint, isKept: true, doubts });
      tell(toData(new Problem('CAP-047', { path })));
    } catch (error) {
      const { message } = error as Error;
      await kept.drop(left, files);
      tell(toData(new Problem('CAP-048', { path, reason: message })));
    }
  }

  /** Ends serving, and leaves the mounts to the keeper, for the daemon that follows at once. */
  async leave(): Promise<void> {
    this.onBroken = () => {};
    this.#looks.end();
    const beganMs = this.#options.clock.monotonicMs();
    for (const { host } of this.#broken.splice(0)) await host.abort();
    for (const mounted of [...this.#mounted]) {
      if (mounted.isKept) await mounted.host.leave();
      else await this.#release(mounted, beganMs);
    }
    this.#mounted = [];
    await this.#options.kept.close();
  }

  /** Other patterns are in force, and the folders are the same. @returns false where they can't be told. */
  guardAnew(files: Pick<WantedMounts, 'include' | 'exclude'>): boolean {
    return this.#mounted.every(({ folder, host }) => host.guard(guardedIn(folder, files)));
  }

  /**
   * Before a stream worker starts: these folders are mounted over, as far as they can be, and no others.
   * @param all - protected folders, over which an earlier process may have left its mounts.
   * @param wanted - null where none is to be mounted over.
   */
  async prepare(all: readonly WantedFolder[], wanted: WantedMounts | null): Promise<void> {
    this.#problems = [];
    this.#options.replies.closeEnded();
    this.#looks.awaited = [];
    for (const broken of this.#broken) await this.#endBroken(broken);
    for (const mounted of this.#mounted) {
      const { folder, host } = mounted;
      const isWanted = wanted !== null && all.some(({ realPath }) => realPath === folder.realPath);
      if (!isWanted || !host.guard(guardedIn(folder, wanted))) await this.#end(mounted);
    }
    for (const folder of all) {
      const isIts = (mounted: Mounted): boolean => mounted.folder.realPath === folder.realPath;
      if (![...this.#mounted, ...this.#broken].some(isIts))
        await this.#begin(folder, wanted?.left?.has(folder.realPath) === true ? null : wanted);
    }
    this.#noteBypassed();
    this.#looks.begin();
  }

  /** Null where the folder is not there. */
  #pointOf(realPath: string): string | null {
    try {
      return this.#options.mountPointOf(realPath);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  /** For the stream worker, which tells the passive server. */
  #noteBypassed(): void {
    if (this.#records !== null)
      noteBypassed(
        viewMapped(this.#records.ring),
        this.#mounted.some(({ doubts }) => doubts.some(({ code }) => code === 'CAP-037')),
      );
  }

  /**
   * One that somebody else unmounted, and that is still used, goes on: what is done there is in the records. Until it
   * has ended there is no other, for the two would not see each other's changes.
   */
  async #endBroken(broken: Mounted): Promise<void> {
    if (await this.#end(broken)) {
      this.#broken = this.#broken.filter((other) => other !== broken);
      return;
    }
    const { path } = broken.folder;
    const reason = 'it was unmounted, and what was open in it still is';
    this.#problems.push({ path, problem: toData(new Problem('CAP-035', { path, reason })) });
    if (this.#awaited.has(broken)) return;
    this.#awaited.add(broken);
    const over = new Problem('CAP-035', { path, reason: 'it was unmounted, and nobody uses it any more' });
    void broken.host.ended.then(() => this.onBroken(over));
  }

  /** Ends all of them; waits a while for whoever uses them. */
  async release(): Promise<void> {
    this.onBroken = () => {};
    this.#looks.end();
    for (const { host } of this.#broken.splice(0)) await host.abort();
    // Together they are waited for no longer than one.
    const beganMs = this.#options.clock.monotonicMs();
    for (const mounted of [...this.#mounted]) await this.#release(mounted, beganMs);
    await this.#options.kept.releaseRecords();
    await this.#options.kept.close();
  }

  async #begin(folder: WantedFolder, wanted: WantedMounts | null): Promise<void> {
    try {
      const mayAwait = wanted?.role === 'passive' || wanted?.onUsed !== undefined;
      if (mayAwait && this.#pointOf(folder.realPath) === null) {
        this.#looks.awaited = [...this.#looks.awaited, folder];
        return;
      }
      const mountPoint = this.#options.mountPointOf(folder.realPath);
      const isFree = await this.#options.clearStaleMounts(mountPoint);
      if (!isFree) throw new Problem('CAP-041', { path: folder.path });
      if (wanted === null) return;
      const { obstacles, doubts } = this.#options.preflight(mountPoint);
      const [obstacle] = obstacles;
      if (obstacle !== undefined) throw obstacle;
      this.#options.kept.prepare();
      const mounted = await this.#mount(folder, mountPoint, { doubts, wanted });
      // Only now nobody more can open anything past it.
      const openers = this.#options.openersPast(mountPoint, mounted.host.root);
      mounted.doubts = [...doubts, ...usedBefore(mountPoint, openers)];
      this.#mounted.push(mounted);
      // Somebody came between the choice and the mount.
      const isUsed = openers.length > 0 && wanted.onUsed !== undefined;
      if (isUsed && (await this.#stop(mounted)) === null) wanted.onUsed(folder, openers);
    } catch (error) {
      if (wanted !== null) this.#problems.push({ path: folder.path, problem: problemOf(error, folder) });
    }
  }

  async #mount(
    folder: WantedFolder,
    mountPoint: string,
    { doubts, wanted }: { readonly doubts: readonly Problem[]; readonly wanted: WantedMounts },
  ): Promise<Mounted> {
    const mount = this.#mounts++;
    const { kept } = this.#options;
    if (mount >= MOUNTS_MAX)
      throw new Problem('CAP-030', { path: folder.path, reason: 'too many mounts since its start' });
    if (this.#records === null) {
      this.#records = makeRecordsMemory(RING_BYTES);
      this.#wake = this.#options.openWake();
      const descriptors = [this.#records.descriptor, this.#options.replies.descriptor];
      if (wanted.role === 'active') await kept.holdRecords(descriptors);
    }
    const facts: MountFacts = {
      layout: LAYOUT_VERSION,
      kind: 'mount',
      ...folder,
      mountPoint,
      mount,
      id: '',
      minor: 0,
      threads: THREADS_A_MOUNT,
      doubts: doubts.map(toData),
    };
    const isKept = wanted.role === 'active';
    const host = await MountHost.start({
      ...this.#mountOptions(facts),
      keeper: isKept ? kept.keeperOf(facts) : kept.undertakerOf(facts),
      way: wanted.role === 'passive' ? WAY.refuse : WAY.record,
      guarded: guardedIn(folder, wanted),
      excluded: excludedIn(folder, wanted),
    });
    await this.#letWait(mount, host);
    return { folder, mount, host, mountPoint, isKept, doubts: [] };
  }

  /** Flushes in it may wait for the passive server. */
  async #letWait(mount: number, host: MountHost): Promise<void> {
    try {
      this.#options.replies.serve(mount, host.connection, host.ended);
    } catch (error) {
      await host.abort();
      throw error;
    }
  }

  #mountOptions(facts: MountFacts): MountOptions {
    const { mount, mountPoint, threads } = facts;
    const { ring } = this.#records as RecordsMemory;
    return {
      folder: mountPoint,
      threads,
      records: {
        ring,
        mount,
        firstThread: mount * THREADS_A_MOUNT,
        readerWake: this.#wake,
        replies: this.#options.replies.place,
      },
      onAttempts: (attempts) => this.onAttempts(attempts),
      onBreakdown: (problem) => {
        this.#broken.push(...this.#mounted.filter((mounted) => mounted.mount === mount));
        this.#mounted = this.#mounted.filter((mounted) => mounted.mount !== mount);
        this.onBroken(problem);
      },
    };
  }

  /** One that is used goes on: what is done in it is not recorded as anything protected. */
  async #end(mounted: Mounted): Promise<boolean> {
    const inUse = await this.#stop(mounted);
    if (inUse !== null) this.#options.tell(toData(inUse));
    return inUse === null;
  }

  /** @returns CAP-033 where somebody uses it: it goes on then. */
  async #stop(mounted: Mounted): Promise<Problem | null> {
    try {
      await mounted.host.stop();
    } catch (error) {
      if (isProblem(error, 'CAP-033')) return error;
      throw error;
    }
    this.#mounted = this.#mounted.filter((other) => other !== mounted);
    return null;
  }

  async #release(mounted: Mounted, beganMs: MonotonicMs): Promise<void> {
    const { clock, timers, tell, releaseMsMax } = this.#options;
    let isTold = false;
    for (;;) {
      const inUse = await this.#stop(mounted);
      if (inUse === null) return;
      if (!isTold) tell(toData(inUse));
      isTold = true;
      if (clock.monotonicMs() - beganMs >= releaseMsMax) return this.#takeAway(mounted, inUse);
      await new Promise<void>((done) => void timers.after(RELEASE_LOOK_MS, done));
    }
  }

  /** Whoever uses it. */
  async #takeAway(mounted: Mounted, inUse: Problem): Promise<void> {
    const { path = '', holders = '' } = inUse.parameters;
    this.#options.tell({ code: 'CAP-042', parameters: { path, holders, waitedS: this.#options.releaseMsMax / 1000 } });
    await mounted.host.abort();
    this.#mounted = this.#mounted.filter((other) => other !== mounted);
  }
}
