import { LAYOUT_VERSION } from '../intercept/mount-memory.ts';
import { THREADS_MAX } from '../intercept/ring-memory.ts';
import type { HeldThing } from '../keeper/protocol.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { fromText } from '../kernel/byte-string.ts';
import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import { MIB } from '../kernel/units.ts';
import { fromData, isProblem, Problem, type ProblemData, toData } from '../problems/problem.ts';
import { type Preflight, usedBefore } from '../intercept/preflight.ts';
import type { Opener } from '../kernel/folder-facts.ts';
import { type FileFacts, fileName, type MountFacts, mountName, RECORDS } from './held-facts.ts';
import type { HeldReplies } from './held-replies.ts';
import type { Keeping } from './keeping.ts';
import { type LeftBehind, sortLeft } from './left-behind.ts';
import type { LeftDescriptors } from './mount-descriptors.ts';
import { MountHost, type MountOptions } from './mount-host.ts';
import { closeAllBegun, makeRecordsMemory, openRecordsMemory, type RecordsMemory } from './records-memory.ts';
import type { StreamInterception } from './thread-messages.ts';

const THREADS_A_MOUNT = 2;
const MOUNTS_MAX = THREADS_MAX / THREADS_A_MOUNT;
const RING_BYTES = 16 * MIB;
const NONE = -1;
/** So often those are looked for who opened something before the mount. Reads all of /proc, while there are any. */
const OPENERS_LOOK_MS = 5_000;
/** So long the end waits for programs that use a folder. */
const RELEASE_WAIT_MS = 10_000;
/** Who uses it is looked up each time, in all of /proc. */
const RELEASE_LOOK_MS = 1000;

/** A protected folder, as in the settings and where it lies on this machine. */
export interface WantedFolder {
  readonly path: string;
  readonly realPath: string;
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
  /** Holds the mounts for whoever follows this daemon. */
  readonly keeping: Keeping;
  readonly closeDescriptor: (descriptor: number) => void;
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
  #records: RecordsMemory | null = null;
  #wake = -1;
  #mounts = 0;
  #cancelLooks: Cancel | null = null;
  /** A mount broke down and is gone: the stream worker must not go on with it. */
  onBroken: (problem: Problem) => void = () => {};

  constructor(options: InterceptionOptions) {
    this.#options = options;
  }

  /** Nobody works past the mount of this folder any more. */
  onOpenersGone: (path: string) => void = () => {};

  /** Why folders are not intercepted that were to be, and what could change others past their mounts. */
  get problems(): readonly InterceptionProblem[] {
    const doubts = this.#mounted.flatMap(({ folder: { path }, doubts }) =>
      doubts.map((doubt) => ({ path, problem: toData(doubt) })),
    );
    return [...this.#problems, ...doubts];
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
    }));
    return { folders, ring: this.#records.ring, replies: this.#options.replies.place, wake: this.#wake };
  }

  /**
   * Goes on with the mounts of a daemon that has ended, if there are any.
   * @throws Problem CAP-046 where it was of another version: they stay with the keeper.
   */
  async takeOver(): Promise<void> {
    const { records, mounts, files, useless } = await this.#left();
    for (const thing of useless) await this.#letGo(thing);
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

  async #left(): Promise<LeftBehind> {
    const { keeping } = this.#options;
    try {
      return sortLeft(await keeping.found());
    } catch (error) {
      await keeping.close();
      throw error;
    }
  }

  async #goOn({ facts, thing }: LeftBehind['mounts'][number], allFiles: LeftBehind['files']): Promise<void> {
    const { mount, mountPoint, path, realPath } = facts;
    this.#mounts = Math.max(this.#mounts, mount + 1);
    const [connection = NONE, underneath = NONE, root = NONE, memory = NONE] = thing.descriptors;
    try {
      const files = allFiles
        .filter((file) => file.facts.mount === mount)
        .map((file) => ({ ...file.facts, descriptor: file.thing.descriptors[0] ?? NONE }));
      const left = { connection, underneath, root, memory, id: facts.id, files };
      const host = await MountHost.takeOver(this.#mountOptions(facts), left);
      await this.#letWait(mount, host);
      const openers = usedBefore(mountPoint, this.#options.openersPast(mountPoint, host.root));
      const doubts = facts.doubts.map(fromData).filter((doubt) => doubt !== null);
      this.#mounted.push({ folder: { path, realPath }, mount, host, mountPoint, doubts: [...doubts, ...openers] });
      this.#options.tell(toData(new Problem('CAP-047', { path })));
    } catch (error) {
      const { message } = error as Error;
      for (const file of allFiles) if (file.facts.mount === mount) await this.#options.keeping.release(file.thing.name);
      await this.#options.keeping.release(thing.name);
      this.#options.tell(toData(new Problem('CAP-048', { path, reason: message })));
    }
  }

  async #letGo({ name, descriptors }: HeldThing): Promise<void> {
    await this.#options.keeping.release(name);
    for (const descriptor of descriptors) this.#options.closeDescriptor(descriptor);
  }

  /** Ends serving, and leaves the mounts to the keeper, for the daemon that follows at once. */
  async leave(): Promise<void> {
    this.onBroken = () => {};
    this.#cancelLooks?.();
    for (const { host } of this.#broken.splice(0)) await host.abort();
    for (const { host } of this.#mounted.splice(0)) await host.leave();
    await this.#options.keeping.close();
  }

  /**
   * Before a stream worker starts: these folders are mounted over, as far as they can be, and no others.
   * @param all - protected folders, over which an earlier process may have left its mounts.
   */
  async prepare(all: readonly WantedFolder[], isWanted: boolean): Promise<void> {
    this.#problems = [];
    this.#options.replies.closeEnded();
    for (const broken of this.#broken) await this.#endBroken(broken);
    const wanted = isWanted ? all : [];
    for (const mounted of this.#mounted) {
      if (!wanted.some(({ realPath }) => realPath === mounted.folder.realPath)) await this.#end(mounted);
    }
    for (const folder of all) {
      const isIts = (mounted: Mounted): boolean => mounted.folder.realPath === folder.realPath;
      if (![...this.#mounted, ...this.#broken].some(isIts)) await this.#begin(folder, isWanted);
    }
    this.#cancelLooks ??= this.#options.timers.every(OPENERS_LOOK_MS, () => this.#lookAtOpeners());
  }

  /** Those who were found; more don't come, for what is opened now is opened through the mount. */
  #lookAtOpeners(): void {
    for (const mounted of this.#mounted) {
      const { host, mountPoint, folder, doubts } = mounted;
      if (!doubts.some(({ code }) => code === 'CAP-037')) continue;
      if (this.#options.openersPast(mountPoint, host.root).length > 0) continue;
      mounted.doubts = doubts.filter(({ code }) => code !== 'CAP-037');
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
    await this.#options.keeping.release(RECORDS);
    await this.#options.keeping.close();
  }

  async #begin(folder: WantedFolder, isWanted: boolean): Promise<void> {
    try {
      const mountPoint = this.#options.mountPointOf(folder.realPath);
      const isFree = await this.#options.clearStaleMounts(mountPoint);
      if (!isFree) throw new Problem('CAP-041', { path: folder.path });
      if (!isWanted) return;
      const { obstacles, doubts } = this.#options.preflight(mountPoint);
      const [obstacle] = obstacles;
      if (obstacle !== undefined) throw obstacle;
      this.#options.keeping.prepare();
      const mounted = await this.#mount(folder, mountPoint, doubts);
      // Only now nobody more can open anything past it.
      const openers = usedBefore(mountPoint, this.#options.openersPast(mountPoint, mounted.host.root));
      mounted.doubts = [...doubts, ...openers];
      this.#mounted.push(mounted);
    } catch (error) {
      if (isWanted) this.#problems.push({ path: folder.path, problem: problemOf(error, folder) });
    }
  }

  async #mount(folder: WantedFolder, mountPoint: string, doubts: readonly Problem[]): Promise<Mounted> {
    const mount = this.#mounts++;
    const { keeping } = this.#options;
    if (mount >= MOUNTS_MAX)
      throw new Problem('CAP-030', { path: folder.path, reason: 'too many mounts since its start' });
    if (this.#records === null) {
      this.#records = makeRecordsMemory(RING_BYTES);
      this.#wake = this.#options.openWake();
      const descriptors = [this.#records.descriptor, this.#options.replies.descriptor];
      await keeping.hold({ name: RECORDS, facts: { layout: LAYOUT_VERSION }, descriptors });
    }
    const host = await MountHost.start(
      this.#mountOptions({
        layout: LAYOUT_VERSION,
        kind: 'mount',
        ...folder,
        mountPoint,
        mount,
        id: '',
        threads: THREADS_A_MOUNT,
        doubts: doubts.map(toData),
      }),
    );
    await this.#letWait(mount, host);
    return { folder, mount, host, mountPoint, doubts: [] };
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
    const { keeping } = this.#options;
    const { ring } = this.#records as RecordsMemory;
    const name = mountName(mount);
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
      onBreakdown: (problem) => {
        this.#broken.push(...this.#mounted.filter((mounted) => mounted.mount === mount));
        this.#mounted = this.#mounted.filter((mounted) => mounted.mount !== mount);
        this.onBroken(problem);
      },
      keeper: {
        hold: ({ connection, underneath, root, memory }: LeftDescriptors, id) =>
          keeping.hold({ name, facts: { ...facts, id }, descriptors: [connection, underneath, root, memory] }),
        release: () => keeping.release(name),
        holdFile: (node, descriptor) => {
          const facts: FileFacts = { layout: LAYOUT_VERSION, kind: 'file', mount, ...node };
          return keeping.hold({ name: fileName(facts), facts, descriptors: [descriptor] });
        },
        releaseFile: (node) => keeping.release(fileName({ mount, ...node })),
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

function problemOf(error: unknown, { path }: WantedFolder): ProblemData {
  if (isProblem(error)) return { code: error.code, parameters: { ...error.parameters, path } };
  const { message } = error as Error;
  return toData(new Problem('CAP-030', { path, reason: message }));
}
