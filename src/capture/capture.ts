import type { ByteString } from '../kernel/byte-string.ts';
import type { Clock } from '../kernel/clock.ts';
import { type Files, type FileTime, Stat } from '../kernel/files.ts';
import type { HashContent } from '../kernel/hash.ts';
import { NOTICE, type Notice, type NoticeSource } from '../kernel/notices.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { nodeIdOf } from '../changes/change.ts';
import type { PullAnswer, PullRequest } from '../changes/data-frame.ts';
import type { Name, Node, NodeTree } from '../changes/node-tree.ts';
import type { ChangingSet } from '../changes/changing-set.ts';
import { Agenda, ITSELF } from './agenda.ts';
import { Border } from './border.ts';
import { Dispatch } from './dispatch.ts';
import { FileSystems } from './file-systems.ts';
import { READ_AGAIN, TELL_GONE } from './due-looks.ts';
import { Intake, type LookerDoors } from './intake.ts';
import { LargeContent } from './large-content.ts';
import { LinkedFiles } from './linked-files.ts';
import { Looker } from './looker.ts';
import { Moves } from './moves.ts';
import { NodeReader } from './node-reader.ts';
import { OpenFolders } from './open-folders.ts';
import { operationDoors } from './operation-doors.ts';
import { OperationIntake } from './operation-intake.ts';
import { Pulls } from './pulls.ts';
import { Retries } from './retries.ts';
import { Roots } from './roots.ts';
import { SentHashes } from './sent-hashes.ts';
import { type ChangeSink, Shadow } from './shadow.ts';
import { type CaptureReport, type LostReason, Troubles } from './troubles.ts';
import { Walk } from './walk.ts';
import { WorkTurns } from './work-turns.ts';

/** One step works about this long. */
const STEP_MS = 5;
/** Folders stay open so long after the last work; an open folder keeps its file system mounted. */
const IDLE_MS = 500;

/** Where there are fewer items, they are looked at one by one when they go. */
const DEPARTURES_MATTER_FROM = 20;

export interface CaptureOptions {
  readonly files: Files;
  readonly notices: NoticeSource;
  /** Empty; from now on it says what was captured. Others may read it, between calls. */
  readonly tree: NodeTree;
  readonly protectedSet: ChangingSet;
  /** Protected paths lie below it on this machine. */
  readonly base: ByteString;
  readonly clock: Clock;
  readonly hash: HashContent;
  readonly sink: ChangeSink;
  readonly report: CaptureReport;
}

/**
 * Watch capture of the active server: turns the kernel's notices, which only say where to look, into
 * changes, by comparing what is on disk with the tree of what was captured. Complete but unordered:
 * what changed between two looks at a name is told as one change. Synchronous; one instance an epoch,
 * in one thread. Intercepted folders tell operations besides, in their order.
 */
export class Capture {
  /** Of what is protected; may be moved. What comes in by that is whole once `isWalking` is false. */
  readonly border: Border;
  /** Of intercepted folders. */
  readonly operations: OperationIntake;
  readonly #notices: NoticeSource;
  readonly #clock: Clock;
  readonly #tree: NodeTree;
  readonly #shadow: Shadow;
  readonly #troubles: Troubles;
  readonly #folders: OpenFolders;
  readonly #agenda: Agenda;
  readonly #linked = new LinkedFiles();
  readonly #large: LargeContent;
  readonly #moves: Moves;
  readonly #walk: Walk;
  readonly #looker: Looker;
  readonly #roots: Roots;
  readonly #fileSystems = new FileSystems();
  readonly #pulls: Pulls;
  readonly #dispatch: Dispatch;
  readonly #takeNotice = (notice: Readonly<Notice>): void => this.#dispatch.take(notice);
  readonly #readDisk: () => void;
  #workedMs = 0;
  readonly #retries: Retries;
  readonly #turns: WorkTurns;
  #started = false;

  constructor(options: CaptureOptions) {
    const { files, notices, tree, protectedSet: set, hash, base, sink } = options;
    const nowMs = () => this.#now();
    this.#notices = notices;
    this.#clock = options.clock;
    this.#tree = tree;
    const troubles = (this.#troubles = new Troubles(options.report));
    const folders = (this.#folders = new OpenFolders({ files, tree, base }));
    const shadow = (this.#shadow = new Shadow({ tree, sink, notices, listener: this.#shadowListener() }));
    const agenda = (this.#agenda = new Agenda(shadow, this.#agendaListener()));
    const reader = new NodeReader(files, notices);
    const fileSystems = this.#fileSystems;
    const sent = new SentHashes(hash);
    const listener = this.#largeListener();
    const large = (this.#large = new LargeContent({ files, folders, reader, shadow, hash, sent, nowMs, listener }));
    const moves = (this.#moves = new Moves({ shadow, set, listener: this.#movesListener() }));
    this.#dispatch = new Dispatch({ shadow, agenda, moves, fileSystems });
    const [walked, doors] = [this.#walkListener(), this.#lookerDoors()];
    this.#walk = new Walk({ files, notices, shadow, folders, troubles, nowMs, listener: walked });
    const note = (folder: Node, name: ByteString): void => agenda.note(folder, name, 0);
    this.#retries = new Retries({ tree, walk: this.#walk, troubles, note });
    const intake = new Intake({ files, notices, shadow, folders, reader, large, moves, troubles, doors });
    this.#looker = new Looker({ files, intake, set, shadow, folders, moves, troubles, fileSystems, doors });
    this.#turns = new WorkTurns({
      agenda,
      looker: this.#looker,
      walk: this.#walk,
      large,
      shadow,
      nowMs,
      still: sink.still,
    });
    const enter = (folder: Node) => this.#walk.enter(folder, true);
    this.#roots = new Roots({ files, set, shadow, folders, fileSystems, troubles, enter });
    this.border = new Border({ files, set, shadow, folders, walk: this.#walk, roots: this.#roots, troubles });
    this.#pulls = new Pulls({ files, tree, folders, reader, large, hash });
    const look = (at: Name) => this.#lookNow(at.parent, at.name, READ_AGAIN);
    const readDisk = (this.#readDisk = () => sink.readDisk?.());
    const parts = { files, folders, reader, agenda, walk: this.#walk, shadow, large, look, readDisk };
    this.operations = new OperationIntake({ shadow, set, doors: operationDoors(parts) });
  }

  /** Begins to watch and to list; `step` goes on with it. Until `isWalking` is false the tree is not whole. */
  start(): void {
    this.#started = true;
    this.#roots.look(this.#now());
  }

  /** Is the first walk, or one through new folders, under way? */
  get isWalking(): boolean {
    return this.#walk.size > 0;
  }

  /** From now on changes are told, the protected folders first. What the tree holds by now is for a check to state. */
  beginStream(): void {
    this.#shadow.streaming = true;
    this.#walk.silence();
    this.#large.closeAll();
    this.continueStream();
  }

  /** Another stream goes on where the one before was cut off: what was told meanwhile, a check will state. */
  continueStream(): void {
    this.#large.streamGoesOn();
    this.border.tell();
    this.tellFolders();
    for (const root of this.#tree.roots) this.#shadow.tellRoot(root);
  }

  /** Tells how each protected folder stands: whether it is there, on which file system, and how much it holds. */
  tellFolders(): void {
    this.#roots.tell({ isWhole: this.#walk.size === 0, departing: this.#agenda.departing });
  }

  /** Takes the waiting notices; call it when the source's descriptor is readable. `step` does the work. */
  onNotices(): void {
    this.#drain();
  }

  /**
   * Does work that is due, for about 5 ms.
   * @returns milliseconds until it wants to be called again: 0 for at once, Infinity for not before notices come.
   */
  step(now: MonotonicMs): number {
    if (!this.#started) return Number.POSITIVE_INFINITY;
    this.#agenda.nowMs = now;
    const deadlineMs = now + STEP_MS;
    if (this.#roots.look(now)) {
      this.#retries.step(now);
      this.#lookAtLinked(now);
      // Also lets go of what is remembered until the next reading of notices.
      this.#drain();
    }
    if (this.#agenda.wantsNotices) this.#drain();
    if (this.#turns.work(deadlineMs)) this.#workedMs = this.#agenda.nowMs;
    return this.#waitMs();
  }

  /** Brings the tree up to date for one name, telling what changed. An empty name is the folder itself. */
  look(folder: Node, name: ByteString): void {
    this.#now();
    this.#lookNow(folder, name);
    this.#workedMs = this.#agenda.nowMs;
  }

  /** The node of a file by what this machine calls it; undefined where it is not in the tree. */
  nodeOf(device: number, inode: number): Node | undefined {
    const index = this.#fileSystems.indexOf(device);
    const id = index < 0 ? null : nodeIdOf(index, inode);
    return id === null ? undefined : this.#tree.get(id);
  }

  /** Is the node's file the one that was made then, not a later one with the same inode number? */
  isMadeAt(node: Node, born: FileTime): boolean {
    const stat = new Stat();
    if (!this.#folders.look(node, stat) || nodeIdOf(this.#fileSystems.indexOf(stat.device), stat.inode) !== node.id)
      return false;
    return stat.birthSeconds === born.seconds && stat.birthNanoseconds === born.nanoseconds;
  }

  /** Looks at a file as if a notice had told that it was written: reads it where its status says that it was. */
  mayHaveChanged(node: Node): void {
    if (node.parent === null) return;
    this.#now();
    this.#agenda.note(node.parent, node.name, NOTICE.modified);
  }

  /** A check found extended attributes that are not carried. */
  leftOut(path: ByteString, names: readonly ByteString[]): void {
    this.#troubles.leftOut(path, names);
  }

  /** Lists a folder anew, and looks at each name in it. */
  lookAll(folder: Node): void {
    this.#now();
    this.#lookNow(folder, ITSELF);
    if (this.#shadow.holds(folder)) this.#walk.visitWhole(folder);
    this.#workedMs = this.#agenda.nowMs;
  }

  /** Answers a pull. @param into - at least `request.length` bytes; the answer's content is part of it. */
  readContent(request: PullRequest, into: Uint8Array): PullAnswer {
    this.#workedMs = this.#now();
    this.#readDisk();
    return this.#pulls.answer(request, into);
  }

  /** Protected paths that are there and could not be read, so that nothing is known of what changes in them; with the reason. */
  get unreadable(): ReadonlyMap<ByteString, string> {
    return this.#troubles.unreadable;
  }

  /** Names, folders and large files that wait to be looked at. */
  get pending(): number {
    return this.#agenda.size + this.#walk.size + this.#large.size;
  }

  /** Closes the folders kept open. The source of notices belongs to who made it. */
  close(): void {
    this.#large.closeAll();
    this.#folders.closeAll();
    this.#started = false;
  }

  #now(): number {
    const nowMs = this.#clock.monotonicMs();
    this.#agenda.nowMs = nowMs;
    return nowMs;
  }

  #waitMs(): number {
    if (this.#walk.size > 0 || this.#large.size > 0) return this.#turns.waitMs;
    const nowMs = this.#now();
    let nextMs = Math.min(this.#agenda.nextMs(), this.#roots.nextMs);
    if (this.#folders.size > 0) {
      const idleMs = this.#workedMs + IDLE_MS;
      if (idleMs <= nowMs && this.#agenda.size === 0) this.#folders.closeAll();
      else nextMs = Math.min(nextMs, idleMs);
    }
    return nextMs <= nowMs ? this.#turns.waitMs : nextMs - nowMs;
  }

  #drain(): void {
    const beganMs = this.#now();
    const isWhole = this.#notices.read(this.#takeNotice);
    this.#moves.endDrain(beganMs, this.#now());
    this.#agenda.endDrain(beganMs);
    if (isWhole) return;
    this.#troubles.raise('CAP-004', null, {});
    this.#troubles.clear('CAP-004', null);
    this.lostTrack('overflow');
  }

  /** Everything may have changed: the walk finds what the tree can show, the check the rest. */
  lostTrack(reason: LostReason): void {
    for (const root of this.#tree.roots) this.#walk.enterAll(root);
    this.#troubles.tellLost(reason);
  }

  #lookNow(folder: Node, name: ByteString, bits = 0): void {
    const look = this.#agenda.takeFor(folder, name);
    look.bits |= bits;
    this.#agenda.finish(look, this.#looker.look(folder, name, look.bits | TELL_GONE, true));
  }

  #shadowListener() {
    return {
      entriesChanged: (folder: Node): void => this.#agenda.entriesChanged(folder),
      moved: (from: Name, to: Name): void => {
        if (this.#troubles.isNone) return;
        const [before, now] = [this.#tree.pathOfName(from), this.#tree.pathOfName(to)];
        if (before !== null && now !== null) this.#troubles.moved(before, now);
      },
      untold: (node: Node): void => this.border.untold(node),
      leaving: (node: Node): void => {
        const path = this.#troubles.isNone ? null : this.#tree.pathOf(node);
        if (path !== null) this.#troubles.settle(path);
        this.#agenda.leaving(node);
        this.#large.forget(node);
        if (node.type !== 'folder') return;
        this.#walk.leaving(node);
        this.#folders.drop(node);
      },
    };
  }

  #largeListener() {
    return {
      passed: (node: Node, costMs: number, again: boolean): void => {
        if (!this.#shadow.holds(node) || node.parent === null) return;
        this.#now();
        this.#agenda.read(node, costMs);
        if (again) this.#agenda.note(node.parent, node.name, NOTICE.modified | READ_AGAIN);
      },
      unreadable: (node: Node, reason: string): void => this.#unreadable(node, reason),
      wasRead: (node: Node): void => this.#wasRead(node),
    };
  }

  #agendaListener() {
    return {
      giveUp: (): void => this.#troubles.tellLost('unsettled'),
      gathersDepartures: () => this.#gathersDepartures,
      departing: (names: readonly Name[]): void => this.#roots.tellDeparting(names),
    };
  }

  #movesListener() {
    return {
      recheck: (folder: Node): void => this.#walk.enter(folder, false),
      carryOver: (from: Name, to: Name): void => this.#agenda.carryOver(from, to),
      note: (folder: Node, name: ByteString, bits: number): void => this.#agenda.note(folder, name, bits),
      left: (folder: Node, name: ByteString): void => this.#agenda.left(folder, name),
    };
  }

  #walkListener() {
    return {
      look: (folder: Node, name: ByteString): void => this.#lookNow(folder, name),
      missed: (folder: Node): void => this.#agenda.missed(folder),
    };
  }

  #lookerDoors(): LookerDoors {
    return {
      drain: () => this.#drain(),
      enter: (folder) => this.#walk.enter(folder, this.#shadow.silent),
      note: (folder, name, bits) => this.#agenda.note(folder, name, bits),
      reasons: (at) => this.#agenda.reasons(at),
      taken: (node) => this.#agenda.taken(node),
      read: (node, costMs) => this.#agenda.read(node, costMs),
      linked: (file) => this.#linked.add(file),
      nowMs: () => this.#now(),
      gathersDepartures: () => this.#gathersDepartures,
    };
  }

  get #gathersDepartures(): boolean {
    return this.#shadow.streaming && this.#tree.size >= DEPARTURES_MATTER_FROM;
  }

  #unreadable(node: Node, reason: string): void {
    const path = this.#tree.pathOf(node);
    if (path !== null) this.#troubles.raiseForPath('CAP-002', path, reason);
  }

  #wasRead(node: Node): void {
    if (this.#troubles.isNone) return;
    // Whichever of its names it was that could not be read.
    for (const name of this.#tree.namesOf(node)) {
      const path = this.#tree.pathOfName(name);
      if (path !== null) this.#troubles.clear('CAP-002', path);
    }
  }

  #lookAtLinked(nowMs: number): void {
    for (const file of this.#linked.due(nowMs)) {
      if (this.#shadow.holds(file) && file.parent !== null) this.#agenda.note(file.parent, file.name, 0);
    }
  }
}
