import type { Capture } from '../../capture/capture.ts';
import { type Change, INLINE_BYTES_MAX, type NodeId } from '../../changes/change.ts';
import type { PullAnswer, PullRequest } from '../../changes/data-frame.ts';
import { encodeFrame } from '../../changes/data-frame-codec.ts';
import { MIB, type MonotonicMs } from '../../kernel/units.ts';
import type { CheckPace } from './check-pace.ts';
import { FRAME_CONTENT_BYTES } from './content-draft.ts';
import type { EngineOutlets } from '../stream/engine.ts';
import type { OperationSource } from './operation-source.ts';

/** Content read in one turn, so that captured changes are not kept waiting: so much, */
const TURN_BYTES = 8 * MIB;
/** and no more after this, which is what checks get as well. */
const TURN_MS = 6;
/** Space a short answer takes besides its content; bounds the answers of one frame. */
const ANSWER_OVERHEAD_BYTES = 128;
/** Large files whose changes are remembered to go first; of more the oldest are forgotten. */
const CHANGED_MAX = 4096;

/** Requests in the order in which they came. */
class Requests {
  #waiting: PullRequest[] = [];
  #next = 0;
  /** How many of each node wait. */
  readonly #counts = new Map<NodeId, number>();

  add(request: PullRequest): void {
    this.#waiting.push(request);
    this.#counts.set(request.node, (this.#counts.get(request.node) ?? 0) + 1);
  }

  /** Takes all of one node, in their order. */
  takeOf(node: NodeId): PullRequest[] {
    if (!this.#counts.delete(node)) return [];
    const waiting = this.#waiting.slice(this.#next);
    this.#waiting = waiting.filter((request) => request.node !== node);
    this.#next = 0;
    return waiting.filter((request) => request.node === node);
  }

  get isEmpty(): boolean {
    return this.#next === this.#waiting.length;
  }

  take(): PullRequest | undefined {
    const request = this.#waiting[this.#next];
    if (request === undefined) return undefined;
    this.#next++;
    const left = (this.#counts.get(request.node) ?? 1) - 1;
    if (left === 0) this.#counts.delete(request.node);
    else this.#counts.set(request.node, left);
    if (this.isEmpty) this.clear();
    return request;
  }

  clear(): void {
    this.#waiting = [];
    this.#next = 0;
    this.#counts.clear();
  }
}

/**
 * Answers the passive's pulls: reads each range when it is sent, and never stores it. What belongs to a change
 * goes before what a check found to be missing, which goes at the pace of checks.
 */
export class PullService {
  readonly #capture: Pick<Capture, 'readContent'>;
  readonly #pace: CheckPace;
  readonly #outlets: Pick<EngineOutlets, 'contentMemory' | 'sendFrame'>;
  readonly #operations: Pick<OperationSource, 'answered'>;
  readonly #now: () => MonotonicMs;
  readonly #changed = new Set<NodeId>();
  readonly #ofChanges = new Requests();
  readonly #ofChecks = new Requests();

  constructor(options: {
    capture: Pick<Capture, 'readContent'>;
    pace: CheckPace;
    outlets: Pick<EngineOutlets, 'contentMemory' | 'sendFrame'>;
    operations: Pick<OperationSource, 'answered'>;
    now: () => MonotonicMs;
  }) {
    this.#operations = options.operations;
    this.#capture = options.capture;
    this.#pace = options.pace;
    this.#outlets = options.outlets;
    this.#now = options.now;
  }

  /** A change that is no check's: the content of a large file is fetched for it. */
  changed(change: Change): void {
    const isLarge =
      change.kind === 'write' ||
      change.kind === 'verifyContent' ||
      (change.kind === 'create' && change.sizeBytes > INLINE_BYTES_MAX);
    if (!isLarge) return;
    this.#changed.delete(change.node);
    this.#changed.add(change.node);
    if (this.#changed.size <= CHANGED_MAX) return;
    for (const oldest of this.#changed) {
      this.#changed.delete(oldest);
      break;
    }
  }

  /**
   * The passive bounds what it asks for; more than that is not remembered. What one file was asked for is answered in
   * that order, whatever else goes first: the passive tells by it which answers it does not want any more.
   */
  add(requests: readonly PullRequest[]): void {
    for (const request of requests) {
      if (!this.#changed.has(request.node)) this.#ofChecks.add(request);
      else for (const each of [...this.#ofChecks.takeOf(request.node), request]) this.#ofChanges.add(each);
    }
  }

  clear(): void {
    this.#ofChanges.clear();
    this.#ofChecks.clear();
  }

  /** @returns milliseconds until more may go; infinite where nothing waits, or where the link wakes us. */
  serve(now: MonotonicMs): number {
    const until = now + TURN_MS;
    for (let turn = 0; turn < TURN_BYTES; ) {
      const isCheck = this.#ofChanges.isEmpty;
      const requests = isCheck ? this.#ofChecks : this.#ofChanges;
      const waitMs = this.#waitMs(requests, isCheck, now);
      if (waitMs > 0) return waitMs;
      const bytes = this.#answer(requests, Math.min(FRAME_CONTENT_BYTES, this.#pace.linkRoom()));
      if (isCheck) this.#pace.fetched(bytes);
      turn += bytes;
      if (this.#now() >= until) break;
    }
    return this.#ofChanges.isEmpty && this.#ofChecks.isEmpty ? Number.POSITIVE_INFINITY : 0;
  }

  #waitMs(requests: Requests, isCheck: boolean, now: MonotonicMs): number {
    if (requests.isEmpty || this.#pace.linkRoom() === 0) return Number.POSITIVE_INFINITY;
    return isCheck ? this.#pace.fetchWaitMs(now) : 0;
  }

  /** One frame. @returns its bytes. */
  #answer(requests: Requests, bytesMax: number): number {
    const memory = this.#outlets.contentMemory();
    const answers: PullAnswer[] = [];
    let bytes = 0;
    let used = 0;
    while (bytes < bytesMax) {
      const request = requests.take();
      if (request === undefined) break;
      const answer = this.#capture.readContent(request, memory.subarray(used));
      answers.push(answer);
      used += answer.content.length;
      bytes += answer.content.length + ANSWER_OVERHEAD_BYTES + (answer.attributes.extended?.length ?? 0);
    }
    this.#outlets.sendFrame(encodeFrame({ kind: 'content', answers }));
    this.#operations.answered(answers.length);
    return bytes;
  }
}
