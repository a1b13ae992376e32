import { Reply } from '../fuse/reply.ts';
import { Request } from '../fuse/request.ts';
import { Status } from '../fuse/status.ts';
import { ENTRY_OUT, STATX } from '../fuse/structures.ts';
import type { NodeCalls } from '../kernel/node-calls.ts';
import type { SharedMemory } from '../kernel/shared-memory.ts';
import { enter } from './border.ts';
import { AT, ERROR, MODE, STATX_EVERYTHING } from './codes.ts';
import { ExcludedNames } from './excluded-names.ts';
import { Exclusion } from './exclusion.ts';
import { ExclusionWords } from './exclusion-words.ts';
import type { HandleTable } from './handle-table.ts';
import type { MemoryPlan } from './memory-plan.ts';
import { KnownNodes, MountWay, OpenedFiles, plainFilesIn, WAY } from './mount-way.ts';
import { type FileKeeper, NamelessFiles } from './nameless-files.ts';
import type { NodeLocks } from './node-locks.ts';
import { NodeMarks } from './node-marks.ts';
import { OpenHandles } from './open-handles.ts';
import type { ParkedReplies } from './parked-replies.ts';
import type { PlainFiles } from './plain-files.ts';
import { Progress } from './progress.ts';
import { Recorder } from './recorder.ts';
import type { RecordRoom } from './ring-writer.ts';
import { ServedNodes } from './served-nodes.ts';

/**
 * So long the kernel may believe what it was told of names and attributes: nobody changes them but through it. Where
 * they are changed underneath it asks each time.
 */
const VALID_SECONDS = 86_400;

/** A name that gets another file so often while it is looked at is looked up anew by the kernel. */
const NAME_LOOKS_MAX = 16;

/** No node's number. */
const NONE = 0;

/** Answers a request. @returns bytes of the reply's body, minus the number of an error, or NO_REPLY. */
export type Operation = () => number;
/** Operations by their opcode. */
export type Operations = Readonly<Partial<Record<number, Operation>>>;
/** The kernel waits for none. */
export const NO_REPLY = -0x7fffffff;

/** What the operations of one thread work with. */
export class ServedFolder {
  readonly calls: NodeCalls;
  /** To the kernel. */
  readonly connection: number;
  readonly plan: MemoryPlan;
  readonly request: Request;
  readonly reply: Reply;
  readonly nodes: ServedNodes;
  readonly handles: OpenHandles;
  readonly files: NamelessFiles;
  readonly locks: NodeLocks;
  readonly recorder: Recorder;
  readonly progress: Progress;
  /** Of the node a request is about; of its folder; of the other folder of a rename. */
  readonly node: Status;
  readonly folder: Status;
  readonly otherFolder: Status;
  /** Address of the empty name. */
  readonly nameless: number;
  /** Null where everything is recorded. */
  exclusion: Exclusion | null = null;
  /** Null where no flush waits for anybody else. */
  readonly parked: ParkedReplies | null;
  readonly nowMs: () => number;
  readonly #mount: number;
  readonly known: KnownNodes;
  readonly opened: OpenedFiles;
  readonly plain: PlainFiles;
  readonly #way: MountWay;
  readonly #excluded: ExclusionWords;
  readonly #marks: SharedMemory;
  /** Of the list that is minded. */
  #generation = 0;
  /** The request is answered in the passive server's way. */
  isPassive = false;
  /** Numbers of the nodes whose locks are held by {@link beginNames}. */
  #heldOne = NONE;
  #heldOther = NONE;

  constructor(options: {
    calls: NodeCalls;
    connection: number;
    plan: MemoryPlan;
    root: number;
    locks: NodeLocks;
    ring: RecordRoom;
    handles: HandleTable;
    keeper: FileKeeper | null;
    /** Its number among those that share the ring. */
    mount: number;
    /** From makeWayMemory. */
    wayMemory: SharedArrayBuffer;
    marks: SharedMemory;
    parked: ParkedReplies | null;
    /** Of the monotonic clock. */
    nowMs: () => number;
  }) {
    const { calls, plan } = options;
    const { bytes, address } = plan.memory;
    this.calls = calls;
    this.connection = options.connection;
    this.plan = plan;
    this.locks = options.locks;
    this.request = new Request(bytes, address, plan.request);
    this.reply = new Reply(bytes, address, plan.reply);
    this.node = new Status(bytes, address, plan.node);
    this.folder = new Status(bytes, address, plan.folder);
    this.otherFolder = new Status(bytes, address, plan.otherFolder);
    this.nodes = new ServedNodes(calls, plan, options.root);
    this.progress = new Progress(plan.memory, plan.progress);
    this.recorder = new Recorder(options.ring, this.request, this, options.mount);
    this.nameless = address + plan.nameless;
    this.#marks = options.marks;
    this.#excluded = new ExclusionWords(options.wayMemory);
    const { keeper, handles: table } = options;
    const { nodes, nameless, otherFolder: status } = this;
    this.files = new NamelessFiles({ keeper, table, nodes, calls, status, nameless });
    this.known = new KnownNodes(options.wayMemory);
    this.opened = new OpenedFiles(options.wayMemory);
    this.plain = plainFilesIn(options.wayMemory);
    this.handles = new OpenHandles({ ...this.#parts(), table, files: this.files, opened: this.opened });
    this.parked = options.parked;
    this.nowMs = options.nowMs;
    this.#mount = options.mount;
    this.#way = new MountWay(options.wayMemory);
  }

  /** Takes a place for the reply to the request. @param writtenBytes - that it tells of. @returns -1 where it needs none. */
  park(parked: ParkedReplies, writtenBytes: number): number {
    const { uniqueLow, uniqueHigh } = this.request;
    return parked.take({ uniqueLow, uniqueHigh, mount: this.#mount }, writtenBytes, () => this.locks.isOver);
  }

  #parts(): Pick<ServedFolder, 'request' | 'reply' | 'nodes' | 'progress' | 'calls'> {
    return { request: this.request, reply: this.reply, nodes: this.nodes, progress: this.progress, calls: this.calls };
  }

  /** Once for each request, within the thread's turn: way and border are the same until it is answered. */
  readWay(): void {
    this.isPassive = this.#way.get() === WAY.refuse;
    if (this.#generation !== this.#excluded.generation) this.#readExclusion();
    if (this.exclusion !== null) this.exclusion.isHiding = this.#excluded.isHiding(this.#generation);
  }

  #readExclusion(): void {
    const { generation, paths } = this.#excluded.get();
    this.#generation = generation;
    this.exclusion =
      paths.length === 0 ? null : new Exclusion(new ExcludedNames(paths), new NodeMarks(this.#marks, generation));
  }

  /** Begins the record of a change of a node, whose lock is held, where it is recorded. */
  beginChange(low: number, high: number): void {
    if (this.isPassive || this.exclusion?.hides(low, high) === true) this.recorder.pass();
    else this.recorder.begin();
  }

  /**
   * Begins the record of a change of names in the folder of the request, where it is recorded; {@link endNames} ends
   * it.
   * @param file - Number of a file that the change is about, too, whose lock is to be held.
   */
  beginNames(file = NONE): void {
    const { exclusion, request } = this;
    const { nodeLow, nodeHigh } = request;
    const isHidden = exclusion?.hidesNames(nodeLow, nodeHigh) === true;
    if (isHidden) this.#take(nodeLow, file);
    // A rename may have brought the folder out, until its lock was taken.
    if (isHidden && exclusion.hidesNames(nodeLow, nodeHigh)) return this.recorder.pass();
    if (isHidden) this.endNames();
    if (file !== NONE) this.#take(file, NONE);
    if (this.isPassive) this.recorder.pass();
    else this.recorder.begin();
  }

  endNames(): void {
    if (this.#heldOne === NONE) return;
    if (this.#heldOther === NONE) this.locks.free(this.#heldOne);
    else this.locks.freeBoth(this.#heldOne, this.#heldOther);
    [this.#heldOne, this.#heldOther] = [NONE, NONE];
  }

  #take(one: number, other: number): void {
    if (other === NONE) this.locks.take(one);
    else this.locks.takeBoth(one, other);
    [this.#heldOne, this.#heldOther] = [one, other];
  }

  /** The name at an address, with one byte in each character. */
  textAt(name: number): string {
    const { bytes, address } = this.plan.memory;
    const at = name - address;
    return Buffer.from(bytes.buffer, bytes.byteOffset + at, bytes.indexOf(0, at) - at).toString('latin1');
  }

  /** Reads the status of an open file. @returns 0, or minus the number of an error. */
  look(file: number, into: Status): number {
    return this.calls.statx(file, this.nameless, AT.nameless, STATX_EVERYTHING, into.address);
  }

  /**
   * Tells the kernel of what has a name in a folder, at `at` in the reply; its status is in `node`, its number
   * in `nodes`.
   * @returns 0, or minus the number of an error.
   */
  entryOf(folder: number, name: number, at: number): number {
    const found = this.entryOfNew(folder, name, at);
    if (found >= 0) enter(this, folder, name);
    return found;
  }

  /** As {@link entryOf}, of what was made by this request: it is marked once its record is ended. */
  entryOfNew(folder: number, name: number, at: number): number {
    const found = this.#lookAtName(folder, name);
    if (found < 0) return found;
    this.entry(at);
    return 0;
  }

  /**
   * Leaves number and status of what has the name. Both of one file: where the kernel asks again for a name that it
   * knows, it lets others give the name to another file meanwhile.
   */
  #lookAtName(folder: number, name: number): number {
    for (let tried = 0; tried < NAME_LOOKS_MAX; tried++) {
      const found = this.nodes.identify(folder, name);
      if (found < 0) return found;
      this.#noteKnown();
      const looked = this.calls.statx(folder, name, AT.noFollow, STATX_EVERYTHING, this.node.address);
      if (looked < 0) return looked;
      if (this.node.word(STATX.inode) === this.nodes.low) return 0;
    }
    return -ERROR.ESTALE;
  }

  /** As {@link entryOf}, of an open file. */
  entryOfOpen(file: number, at: number): number {
    const found = this.nodes.identifyOpen(file);
    if (found < 0) return found;
    this.#noteKnown();
    const looked = this.look(file, this.node);
    if (looked < 0) return looked;
    this.entry(at);
    return 0;
  }

  /** The kernel remembers the node from now on. Before its status is read: what is changed past the mount later is told. */
  #noteKnown(): void {
    if (!this.isPassive) this.known.add(this.nodes.low);
  }

  /** Nothing has the name, and the kernel may remember that. */
  noEntry(): number {
    this.reply.clear(0, ENTRY_OUT.bytes);
    this.valid(ENTRY_OUT.entryValidSeconds);
    return ENTRY_OUT.bytes;
  }

  /** Seconds for which attributes are valid. */
  valid(field: number): void {
    this.reply.u64(field, this.isPassive ? 0 : VALID_SECONDS);
  }

  /**
   * Takes the bits from a file that make its program run as somebody else, where they do so; its status is in
   * `node`, and is read again. Before the reply is filled in.
   * @param low - with `high` the node's number.
   */
  dropSetId(file: number, low: number, high: number): number {
    const { mode } = this.node;
    let left = mode & ~MODE.setuid;
    if ((mode & MODE.groupExecute) !== 0) left &= ~MODE.setgid;
    if (left === mode) return 0;
    const set = this.calls.setMode(this.nodes.pathOf(file), left & 0o7777);
    if (set < 0) return set;
    // Else a program that is started next runs by the mode that the kernel remembers.
    this.forgetAttributes(low, high);
    return this.look(file, this.node);
  }

  /** The kernel asks anew for a node's attributes before it goes by them. Before the reply is filled in. */
  forgetAttributes(low: number, high: number): void {
    this.calls.write(this.connection, this.reply.address, this.reply.forgetAttributes(low, high));
  }

  entry(at: number): void {
    const { reply, nodes } = this;
    reply.u32(at + ENTRY_OUT.node, nodes.low);
    reply.u32(at + ENTRY_OUT.node + 4, nodes.high);
    reply.u64(at + ENTRY_OUT.generation, nodes.high);
    this.valid(at + ENTRY_OUT.entryValidSeconds);
    this.valid(at + ENTRY_OUT.attributesValidSeconds);
    reply.u64(at + ENTRY_OUT.entryValidNanoseconds, 0);
    this.node.toAttributes(reply, at + ENTRY_OUT.attributes);
  }
}
