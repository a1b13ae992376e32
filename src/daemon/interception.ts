import type { Attempt } from '../intercept/attempts.ts';
import { type Guarded, WAY } from '../intercept/mount-way.ts';
import { makeRing, noteBypassed, THREADS_MAX } from '../intercept/ring-memory.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { fromText } from '../kernel/byte-string.ts';
import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import { MIB } from '../kernel/units.ts';
import { isProblem, Problem, type ProblemData, toData } from '../problems/problem.ts';
import { type Preflight, usedBefore } from '../intercept/preflight.ts';
import type { Opener } from '../kernel/folder-facts.ts';
import type { HeldReplies } from './held-replies.ts';
import { MountHost } from './mount-host.ts';
import { numberOf } from '../system/node-handle.ts';
import type { PassedMount } from './past-changes.ts';
import type { StreamInterception } from './thread-messages.ts';

const THREADS_A_MOUNT = 2;
const MOUNTS_MAX = THREADS_MAX / THREADS_A_MOUNT;
const RING_BYTES = 16 * MIB;
/** So often those are looked for who opened something before the mount. Reads all of /proc, while there are any. */
const OPENERS_LOOK_MS = 5_000;
/** So often it is looked whether a folder has come that was not there. */
const AWAITED_LOOK_MS = 1_000;
/** So long the end waits for programs that use a folder. */
const RELEASE_WAIT_MS = 10_000;
/** Who uses it is looked up each time, in all of /proc. */
const RELEASE_LOOK_MS = 1000;

/** A protected folder, as in the settings and where it lies on this machine. */
export interface WantedFolder {
  readonly path: string;
  readonly realPath: string;
}

/** Folders that are to be mounted over. */
export interface WantedMounts {
  readonly role: 'active' | 'passive';
  /** Patterns of what is protected: on the passive server nobody else changes that. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Folders, by their paths on this machine, that stay as they are where they are not mounted over yet. */
  readonly left?: ReadonlySet<string>;
}

/** What is wrong with the interception of a folder. */
export interface InterceptionProblem {
  readonly problem: ProblemData;
  readonly path: string;
}

export interface InterceptionOptions {
  readonly timers: Timers;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly openWake: () => number;
  /** Where flushes wait for the passive server. */
  readonly replies: HeldReplies;
  /** A folder as the kernel names it. */
  readonly mountPointOf: (folder: string) => string;
  /** @returns false where another process serves a mount there. */
  readonly clearStaleMounts: (mountPoint: string) => Promise<boolean>;
  /** Whether a folder can be mounted over, and how it could be changed past the mount; not by whom. */
  readonly preflight: (mountPoint: string) => Preflight;
  /** Who still works past the mount. */
  readonly openersPast: (mountPoint: string, root: number) => readonly Opener[];
  readonly tell: (problem: ProblemData) => void;
}

interface Mounted {
  readonly folder: WantedFolder;
  /** Its number in the ring of records; none is used twice, for records of it may still be there. */
  readonly mount: number;
  readonly host: MountHost;
  readonly mountPoint: string;
  /** Ways past the mount, as far as they were found. */
  doubts: readonly Problem[];
}

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
  #ring: SharedArrayBuffer | null = null;
  #wake = -1;
  #mounts = 0;
  #cancelLooks: Cancel | null = null;
  /** Of the passive server: they come with the copy. */
  #awaitedFolders: WantedFolder[] = [];
  /** A mount broke down and is gone: the stream worker must not go on with it. */
  onBroken: (problem: Problem) => void = () => {};

  constructor(options: InterceptionOptions) {
    this.#options = options;
  }

  /** Nobody works past the mount of this folder any more. */
  onOpenersGone: (path: string) => void = () => {};

  /** Somebody wanted to change what is protected on the passive server, and was refused. */
  onAttempts: (attempts: readonly Attempt[]) => void = () => {};
  /** Another {@link prepare} would mount over more. */
  onFolderThere: () => void = () => {};

  /** Why folders are not intercepted that were to be, and what could change others past their mounts. */
  get problems(): readonly InterceptionProblem[] {
    const doubts = this.#mounted.flatMap(({ folder: { path }, doubts }) =>
      doubts.map((doubt) => ({ path, problem: toData(doubt) })),
    );
    return [...this.#problems, ...doubts];
  }

  /** Past which something may be changed. */
  get passed(): readonly PassedMount[] {
    return this.#mounted.map(({ host }) => ({ notices: host.notices, root: numberOf(host.root) }));
  }

  /** For a stream worker; null where nothing is intercepted. */
  get forStream(): StreamInterception | null {
    const all = [...this.#mounted, ...this.#broken];
    if (this.#ring === null || all.length === 0) return null;
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
    return { folders, ring: this.#ring, replies: this.#options.replies.memory, wake: this.#wake };
  }

  /**
   * Before a stream worker starts: these folders are mounted over, as far as they can be, and no others.
   * @param all - protected folders, over which an earlier process may have left its mounts.
   * @param wanted - null where none is to be mounted over.
   */
  async prepare(all: readonly WantedFolder[], wanted: WantedMounts | null): Promise<void> {
    this.#problems = [];
    this.#options.replies.closeEnded();
    this.#awaitedFolders = [];
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
    this.#cancelLooks ??= this.#look();
  }

  #look(): Cancel {
    const { timers } = this.#options;
    const cancels = [
      timers.every(OPENERS_LOOK_MS, () => this.#lookAtOpeners()),
      timers.every(AWAITED_LOOK_MS, () => this.#lookForFolders()),
    ];
    return () => cancels.forEach((cancel) => cancel());
  }

  #lookForFolders(): void {
    const isThere = ({ realPath }: WantedFolder): boolean => this.#pointOf(realPath) !== null;
    if (!this.#awaitedFolders.some(isThere)) return;
    this.#awaitedFolders = [];
    this.onFolderThere();
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
    if (this.#ring !== null)
      noteBypassed(
        this.#ring,
        this.#mounted.some(({ doubts }) => doubts.some(({ code }) => code === 'CAP-037')),
      );
  }

  /** Those who were found; more don't come, for what is opened now is opened through the mount. */
  #lookAtOpeners(): void {
    for (const mounted of this.#mounted) {
      const { host, mountPoint, folder, doubts } = mounted;
      if (!doubts.some(({ code }) => code === 'CAP-037')) continue;
      if (this.#options.openersPast(mountPoint, host.root).length > 0) continue;
      mounted.doubts = doubts.filter(({ code }) => code !== 'CAP-037');
      this.#noteBypassed();
      this.onOpenersGone(folder.path);
    }
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
    this.#cancelLooks?.();
    for (const { host } of this.#broken.splice(0)) await host.abort();
    for (const mounted of this.#mounted) await this.#release(mounted);
  }

  async #begin(folder: WantedFolder, wanted: WantedMounts | null): Promise<void> {
    try {
      if (wanted?.role === 'passive' && this.#pointOf(folder.realPath) === null) {
        this.#awaitedFolders.push(folder);
        return;
      }
      const mountPoint = this.#options.mountPointOf(folder.realPath);
      const isFree = await this.#options.clearStaleMounts(mountPoint);
      if (!isFree) throw new Problem('CAP-041', { path: folder.path });
      if (wanted === null) return;
      const { obstacles, doubts } = this.#options.preflight(mountPoint);
      const [obstacle] = obstacles;
      if (obstacle !== undefined) throw obstacle;
      const mounted = await this.#mount(folder, mountPoint, wanted);
      // Only now nobody more can open anything past it.
      const openers = usedBefore(mountPoint, this.#options.openersPast(mountPoint, mounted.host.root));
      mounted.doubts = [...doubts, ...openers];
      this.#mounted.push(mounted);
    } catch (error) {
      if (wanted !== null) this.#problems.push({ path: folder.path, problem: problemOf(error, folder) });
    }
  }

  async #mount(folder: WantedFolder, mountPoint: string, wanted: WantedMounts): Promise<Mounted> {
    const mount = this.#mounts++;
    if (mount >= MOUNTS_MAX)
      throw new Problem('CAP-030', { path: folder.path, reason: 'too many mounts since its start' });
    if (this.#ring === null) {
      this.#ring = makeRing(RING_BYTES);
      this.#wake = this.#options.openWake();
    }
    const host = await MountHost.start({
      folder: mountPoint,
      threads: THREADS_A_MOUNT,
      way: wanted.role === 'passive' ? WAY.refuse : WAY.record,
      guarded: guardedIn(folder, wanted),
      onAttempts: (attempts) => this.onAttempts(attempts),
      records: {
        ring: this.#ring,
        mount,
        firstThread: mount * THREADS_A_MOUNT,
        readerWake: this.#wake,
        replies: this.#options.replies.memory,
      },
      onBreakdown: (problem) => {
        this.#broken.push(...this.#mounted.filter((mounted) => mounted.mount === mount));
        this.#mounted = this.#mounted.filter((mounted) => mounted.mount !== mount);
        this.onBroken(problem);
      },
    });
    try {
      this.#options.replies.serve(mount, host.connection, host.ended);
    } catch (error) {
      await host.abort();
      throw error;
    }
    return { folder, mount, host, mountPoint, doubts: [] };
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

  async #release(mounted: Mounted): Promise<void> {
    const { clock, timers, tell } = this.#options;
    const beganMs = clock.monotonicMs();
    let isTold = false;
    for (;;) {
      const inUse = await this.#stop(mounted);
      if (inUse === null) return;
      if (!isTold) tell(toData(inUse));
      isTold = true;
      if (clock.monotonicMs() - beganMs >= RELEASE_WAIT_MS) return this.#takeAway(mounted, inUse);
      await new Promise<void>((done) => void timers.after(RELEASE_LOOK_MS, done));
    }
  }

  /** Whoever uses it. */
  async #takeAway(mounted: Mounted, inUse: Problem): Promise<void> {
    const { path = '', holders = '' } = inUse.parameters;
    this.#options.tell({ code: 'CAP-042', parameters: { path, holders, waitedS: RELEASE_WAIT_MS / 1000 } });
    await mounted.host.abort();
    this.#mounted = this.#mounted.filter((other) => other !== mounted);
  }
}

function guardedIn({ path }: WantedFolder, { include, exclude }: WantedMounts): Guarded {
  return { folder: fromText(path), include: include.map(fromText), exclude: exclude.map(fromText) };
}

function problemOf(error: unknown, { path }: WantedFolder): ProblemData {
  if (isProblem(error)) return { code: error.code, parameters: { ...error.parameters, path } };
  const { message } = error as Error;
  return toData(new Problem('CAP-030', { path, reason: message }));
}
