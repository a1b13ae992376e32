import type { NodeId } from '../changes/change.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { Clock } from '../kernel/clock.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import type { ProblemCode, ProblemData } from '../problems/problem.ts';
import type { MarkStatus, SavedMark } from './store.ts';

/** Problems of a whole protected folder: told once, however many items wait for their end (shortage.ts). */
const OF_FOLDER: readonly ProblemCode[] = ['APL-030', 'APL-041'];

const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 60_000;
/** What came into doubt is asked for at once so often between two retries, … */
const ASKS_MAX = 4;
/** … while the next of them comes within this time. */
const ASKS_MS_MAX = 8000;
/** What waits so long for its next retry was asked for at least four times, over 7 s. */
const LONG_MS_MIN = 8000;

/** Why an item is not known to be equal. */
export interface Mark {
  readonly status: MarkStatus;
  readonly since: WallMs;
  readonly problem: ProblemData | null;
}

/** Marks that are not written down yet. */
export interface ChangedMarks {
  readonly marks: readonly SavedMark[];
  readonly gone: readonly NodeId[];
}

interface Retry {
  dueAt: MonotonicMs;
  delayMs: number;
  /** How often it was asked for at once since the last one. */
  asks: number;
}

/** Items that are not known to be equal, by node; and names without a node that should not be there. */
export class Marks {
  readonly #clock: Clock;
  readonly #byNode = new Map<NodeId, Mark>();
  readonly #byPath = new Map<ByteString, Mark>();
  readonly #changed = new Set<NodeId>();
  /** Marked because the file system takes nothing at all, by the problem that says why. */
  readonly #waiting = new Map<ProblemCode, Set<NodeId>>(OF_FOLDER.map((code) => [code, new Set()]));
  readonly #retries = new Map<NodeId, Retry>();
  /** Asked for again and again, with pauses of LONG_MS_MIN or more. */
  readonly #long = new Set<NodeId>();
  /** Marked only because more of a change is on its way. */
  readonly #arriving = new Set<NodeId>();
  /** Of the earliest retry, or earlier. */
  #dueAt = Number.POSITIVE_INFINITY;
  #outOfSync = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get outOfSync(): number {
    return this.#outOfSync;
  }

  get unchecked(): number {
    return this.#byNode.size + this.#byPath.size - this.#outOfSync;
  }

  get(node: NodeId): Mark | undefined {
    return this.#byNode.get(node);
  }

  /** Items that the file system refused to make equal, of those that `counts` picks. */
  countProblems(counts: (node: NodeId) => boolean): number {
    let count = 0;
    for (const [node, { problem }] of this.#byNode) if (problem !== null && counts(node)) count++;
    return count;
  }

  get nodes(): Iterable<[NodeId, Mark]> {
    return this.#byNode;
  }

  get paths(): Iterable<[ByteString, Mark]> {
    return this.#byPath;
  }

  get hasChanged(): boolean {
    return this.#changed.size > 0;
  }

  /** The item keeps its time; a known difference is not softened to Unchecked, a named problem not forgotten. */
  set(node: NodeId, status: MarkStatus, problem: ProblemData | null = null): void {
    const before = this.#byNode.get(node);
    if (before !== undefined && problem === null && (before.status === status || before.status === 'Out of sync'))
      return;
    if (before?.status === 'Out of sync') this.#outOfSync--;
    if (status === 'Out of sync') this.#outOfSync++;
    this.#byNode.set(node, { status, since: before?.since ?? this.#clock.wallMs(), problem });
    this.#noteWaiting(node, problem);
    this.#changed.add(node);
  }

  /** What was in the way is over; the item still differs. */
  forgetProblem(node: NodeId): void {
    const before = this.#byNode.get(node);
    if (before === undefined) return;
    this.#byNode.set(node, { ...before, problem: null });
    this.#changed.add(node);
  }

  /** @returns the mark it had. */
  clear(node: NodeId): Mark | undefined {
    const before = this.#byNode.get(node);
    if (before === undefined) return undefined;
    this.#byNode.delete(node);
    this.#forgetRetry(node);
    this.#noteWaiting(node, null);
    this.#arriving.delete(node);
    if (before.status === 'Out of sync') this.#outOfSync--;
    this.#changed.add(node);
    return before;
  }

  /** As `set`; that it differs until it is equal is no news, but where it was marked for another reason before. */
  setArriving(node: NodeId, status: MarkStatus): void {
    if (!this.#byNode.has(node)) this.#arriving.add(node);
    this.set(node, status);
  }

  /** Something else may have happened to it. */
  dropArriving(node: NodeId): void {
    this.#arriving.delete(node);
  }

  isArriving(node: NodeId): boolean {
    return this.#arriving.has(node);
  }

  /** Of a name without a node. */
  ofPath(path: ByteString): Mark | undefined {
    return this.#byPath.get(path);
  }

  statusOfPath(path: ByteString): MarkStatus | null {
    return this.#byPath.get(path)?.status ?? null;
  }

  /** Why a name without a node can't be taken away; null where nothing is in the way. */
  problemOfPath(path: ByteString): ProblemData | null {
    return this.#byPath.get(path)?.problem ?? null;
  }

  setPath(path: ByteString, status: MarkStatus, problem: ProblemData | null = null): void {
    const before = this.#byPath.get(path);
    if (problem === null && (before?.status === 'Out of sync' || before?.status === status)) return;
    this.#byPath.set(path, { status, since: before?.since ?? this.#clock.wallMs(), problem });
    if (before?.status !== 'Out of sync' && status === 'Out of sync') this.#outOfSync++;
  }

  clearPath(path: ByteString): void {
    const before = this.#byPath.get(path);
    this.#byPath.delete(path);
    if (before?.status === 'Out of sync') this.#outOfSync--;
  }

  /** Of what was out of sync, all but what can't be taken away. What nobody has looked at yet is no more known than before. */
  clearPaths(): void {
    for (const [path, { status, problem }] of this.#byPath)
      if (problem === null && status === 'Out of sync') this.clearPath(path);
  }

  /** A folder has another path: so has what lies in it and was not looked at yet. Who found something follows it. */
  movePaths(from: ByteString, to: ByteString): void {
    for (const [path, mark] of this.#byPath) {
      if (mark.status !== 'Unchecked' || !path.startsWith(`${from}/`)) continue;
      const moved = (to + path.slice(from.length)) as ByteString;
      this.#byPath.delete(path);
      if (!this.#byPath.has(moved)) this.#byPath.set(moved, mark);
    }
  }

  clearAll(): void {
    for (const path of this.#byPath.keys()) this.clearPath(path);
    for (const node of this.#byNode.keys()) this.clear(node);
  }

  /** The node will be asked for again, after a delay that grows each time. */
  retryLater(node: NodeId): void {
    const retry = this.#retries.get(node) ?? firstRetry();
    retry.asks = 0;
    retry.delayMs = Math.min(retry.delayMs * 2, RETRY_MS_MAX);
    retry.dueAt = (this.#clock.monotonicMs() + retry.delayMs) as MonotonicMs;
    this.#retries.set(node, retry);
    if (retry.delayMs >= LONG_MS_MIN) this.#long.add(node);
    this.#dueAt = Math.min(this.#dueAt, retry.dueAt);
  }

  /**
   * The node came into doubt, and will be asked for again. How often it did says nothing of how long it will stay so:
   * only retries make the delay grow.
   * @returns true where it is to be asked for at once, too.
   */
  doubted(node: NodeId): boolean {
    if (!this.#retries.has(node)) this.retryLater(node);
    const retry = this.#retries.get(node);
    if (retry === undefined || retry.delayMs > ASKS_MS_MAX || retry.asks === ASKS_MAX) return false;
    retry.asks++;
    return true;
  }

  /** The node will be asked for again after the shortest delay, as if it had never been. */
  retrySoon(node: NodeId): void {
    this.#forgetRetry(node);
    this.retryLater(node);
  }

  /** Nodes that wait for the end of this problem of their protected folder, the one that waits longest first. */
  waitingFor(code: ProblemCode): ReadonlySet<NodeId> {
    return this.#waiting.get(code) ?? new Set();
  }

  /** These are due at once, as if they had never failed. */
  tryAgain(nodes: Iterable<NodeId>): void {
    for (const node of nodes) {
      this.#forgetRetry(node);
      this.#retries.set(node, firstRetry());
    }
    this.#dueAt = 0;
  }

  /** Was it asked for again and again, and is marked still? */
  isStubborn(node: NodeId): boolean {
    return (this.#retries.get(node)?.delayMs ?? 0) > ASKS_MS_MAX;
  }

  /** Nodes that were asked for again and again, and are marked still. */
  get asked(): Iterable<NodeId> {
    return this.#long;
  }

  /** Is the node going to be asked for again by itself? */
  willRetry(node: NodeId): boolean {
    return this.#retries.has(node);
  }

  /** Nodes whose time has come; each gets its next, later, time. */
  due(now: MonotonicMs): NodeId[] {
    if (now < this.#dueAt) return [];
    const due: NodeId[] = [];
    for (const [node, retry] of this.#retries) if (retry.dueAt <= now) due.push(node);
    for (const node of due) this.retryLater(node);
    this.#dueAt = Number.POSITIVE_INFINITY;
    for (const retry of this.#retries.values()) this.#dueAt = Math.min(this.#dueAt, retry.dueAt);
    return due;
  }

  restore(saved: readonly SavedMark[]): void {
    for (const { node, ...mark } of saved) {
      // The disk refused it since, as the record was read.
      if (this.#byNode.get(node)?.status === 'Out of sync') continue;
      this.#byNode.set(node, mark);
      this.#noteWaiting(node, mark.problem);
      // Content for it was on its way, or it was told.
      if (mark.status === 'Out of sync' && mark.problem === null) this.#arriving.add(node);
      if (mark.status === 'Out of sync') this.#outOfSync++;
    }
  }

  /** What is to be written down, and what is no longer marked; it is not told again. */
  takeChanged(): ChangedMarks {
    const marks: SavedMark[] = [];
    const gone: NodeId[] = [];
    for (const node of this.#changed) {
      const mark = this.#byNode.get(node);
      if (mark === undefined) gone.push(node);
      else marks.push({ node, ...mark });
    }
    this.#changed.clear();
    return { marks, gone };
  }

  /** What was told could not be written down. */
  putBack({ marks, gone }: ChangedMarks): void {
    for (const { node } of marks) this.#changed.add(node);
    for (const node of gone) this.#changed.add(node);
  }

  #forgetRetry(node: NodeId): void {
    this.#retries.delete(node);
    this.#long.delete(node);
  }

  #noteWaiting(node: NodeId, problem: ProblemData | null): void {
    for (const [code, nodes] of this.#waiting) {
      if (problem?.code === code) nodes.add(node);
      else nodes.delete(node);
    }
  }
}

/** Due at once; its next delay is the shortest. */
function firstRetry(): Retry {
  return { dueAt: 0 as MonotonicMs, delayMs: RETRY_MS_MIN / 2, asks: 0 };
}
