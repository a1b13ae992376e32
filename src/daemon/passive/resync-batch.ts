import type { Apply } from '../../apply/apply.ts';
import type { BatchState } from '../../apply/store.ts';
import { type Change, comparePositions, type ExactnessChange, ORIGIN, type Position } from '../../changes/change.ts';
import { readRecords } from '../../changes/codec.ts';
import type { PullAnswer, PullRequest } from '../../changes/data-frame.ts';
import type { ContentNeeds } from '../../check/content-needs.ts';
import type { FetchedContent } from '../../journal/fetched-content.ts';
import { FileError } from '../../kernel/files.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { isOfWhatWasLeft } from '../stream/check-numbers.ts';
import type { ContentFetch } from './content-fetch.ts';
import type { OneMoment } from './one-moment.ts';
import type { ReceiveQueue } from './receive-queue.ts';

/** Records are met for so long at a time, so much of the queue at once. */
const TURN_MS = 5;
const TURN_BYTES = 256 * 1024;
/** Once all is here, the active server's word that this is one moment is awaited for so long. */
const EXACT_WAIT_MS = 10_000;
/** What a disk refused is tried again after this long. */
const AGAIN_MS = 1000;

export interface ResyncBatchOptions {
  readonly apply: Pick<Apply, 'resync' | 'counts' | 'adopted' | 'wanted' | 'answers' | 'pump' | 'pullsLost'>;
  readonly queue: Pick<ReceiveQueue, 'read' | 'durable' | 'condition'>;
  readonly needs: ContentNeeds;
  readonly content: FetchedContent;
  readonly fetch: ContentFetch;
  readonly moment: OneMoment;
  readonly pulls: { take(): PullRequest[] };
  readonly now: () => MonotonicMs;
}

/** What the engine does for it. */
export interface BatchDoors {
  /** Makes durable how far it is, at the position that is applied. @returns false where a disk refused. */
  readonly save: () => boolean;
  /** Asks the active server; null where it is not there. */
  readonly ask: ((requests: readonly PullRequest[]) => void) | null;
}

/**
 * What makes up for a queue that was given up, applied as one: nothing of it before all of it is here, records and
 * content. A passive server that is cut off before that holds the whole older state; one that is cut off later goes on
 * to the end by itself.
 *
 * - gathering: records are made durable and not applied; the content that they will need is fetched beside the queue.
 * - applying: they are applied, and what they ask for is answered from there.
 * - none: there is none, or it did not fit, and is applied item by item.
 */
export class ResyncBatch {
  readonly #options: ResyncBatchOptions;
  #state: BatchState = 'none';
  /** What it follows. */
  #start: Position = ORIGIN;
  /** Records up to here were met: what they need is fetched, or being fetched. */
  #met: Position = ORIGIN;
  /** All that was missed is stated up to there. */
  #isStated = false;
  /** It was one moment of the active server before. */
  #wantsExact = false;
  /** The last that was met which says so, or not. */
  #mark: ExactnessChange | null = null;
  #exactUntil: number | null = null;
  /** Last position of it, while it is applied. */
  #end: Position | null = null;
  #notBefore = Number.NEGATIVE_INFINITY;
  #hasUnasked = false;

  constructor(options: ResyncBatchOptions) {
    this.#options = options;
    // What an earlier run left.
    this.#state = options.apply.resync.batch;
  }

  get state(): BatchState {
    return this.#state;
  }

  /** Are there records that it has not met? */
  get isBehind(): boolean {
    return this.#state === 'gathering' && comparePositions(this.#met, this.#options.queue.durable) < 0;
  }

  get bytesWaiting(): number {
    return this.#options.fetch.bytesWaiting;
  }

  /** Up to where records may be applied now, of those that are durable up to there. @param applied - up to where they are. */
  limit(durable: Position, applied: Position): Position {
    if (this.#state === 'none') return durable;
    if (this.#end === null) return applied;
    // Damage may have taken the last of them from the queue.
    return comparePositions(this.#end, durable) < 0 ? this.#end : durable;
  }

  /** An earlier run was in the middle of it. @param applied - by its last checkpoint. */
  takeUp(applied: Position): void {
    const { content } = this.#options;
    try {
      if (this.#state === 'none') return content.remove();
      this.#start = applied;
      this.#met = applied;
      content.takeUp(applied);
    } catch (error) {
      // What can't be read is fetched again, or from the active server in the end.
      if (!(error instanceof FileError)) throw error;
    }
    // Where it can't be read, some of what came later may be part of it.
    if (this.#state === 'applying') this.#end = content.sealed ?? this.#options.queue.durable;
  }

  /**
   * The stream begins anew at a position. Is what comes first a batch? What was gathered before is of no use.
   * @param named - what was missed is stated by a check that comes next.
   * @param begin - begins anew there, durably. Where it throws nothing has changed.
   */
  restart(position: Position, named: boolean, begin: () => void): void {
    const { apply, content, fetch, needs, moment } = this.#options;
    const isBatch = named && !apply.resync.mixed && apply.adopted && apply.counts.pullsWaiting === 0;
    // What comes next is applied beside what is still to be made up for.
    const mixed = apply.resync.mixed || (named && !isBatch);
    apply.resync.change({ batch: isBatch ? 'gathering' : 'none', mixed }, () => {
      begin();
      return true;
    });
    needs.forget();
    fetch.giveUp();
    this.#state = apply.resync.batch;
    this.#end = null;
    this.#isStated = false;
    this.#mark = null;
    this.#exactUntil = null;
    this.#notBefore = Number.NEGATIVE_INFINITY;
    if (!isBatch) return this.#remove();
    this.#start = position;
    this.#met = position;
    this.#wantsExact = moment.isOne;
    fetch.begin();
    try {
      content.begin(position);
    } catch (error) {
      // Then nothing that comes can be kept, and that is met there.
      if (!(error instanceof FileError)) throw error;
    }
  }

  /** @returns what is no content of a batch. */
  answers(answers: readonly PullAnswer[]): readonly PullAnswer[] {
    const { apply, fetch } = this.#options;
    // What Apply gave up was asked for before, over the same connection: it is no answer to what is fetched.
    return fetch.take(apply.wanted(answers));
  }

  linkLost(): void {
    this.#options.fetch.lost();
  }

  /** Goes on as far as it can. @param applied - up to where records are. */
  step(now: MonotonicMs, applied: Position, doors: BatchDoors): void {
    if (this.#state === 'none' || now < this.#notBefore) return;
    if (this.#state === 'applying') return this.#applyingStep(now, applied, doors);
    this.#meetMore(now);
    if (this.#isTooMuch) return this.#giveUp(now, doors);
    if (doors.ask !== null) this.#options.fetch.pump();
    if (this.#isReady(now)) this.#beginApplying(now, doors);
  }

  /** Answers from what was fetched; the rest is asked for, where it can be. @param ask - as of {@link BatchDoors}. */
  #serve(ask: BatchDoors['ask']): void {
    const { apply, pulls, content } = this.#options;
    if (ask !== null) this.#askAgain();
    for (let isMore = true; isMore; ) {
      isMore = false;
      apply.pump();
      const others: PullRequest[] = [];
      for (const request of pulls.take()) {
        const answer = content.get(request.node, request.offset);
        if (answer === null) others.push(request);
        else apply.answers([answer], true);
        isMore ||= answer !== null;
      }
      if (others.length === 0) continue;
      if (ask === null) this.#hasUnasked = true;
      else ask(others);
    }
  }

  /** What was asked for while nobody was there to answer. */
  #askAgain(): void {
    if (this.#hasUnasked) this.#options.apply.pullsLost();
    this.#hasUnasked = false;
  }

  close(): void {
    this.#options.content.close();
  }

  #meetMore(now: MonotonicMs): void {
    const until = now + TURN_MS;
    const { queue } = this.#options;
    while (this.#state === 'gathering' && comparePositions(this.#met, queue.durable) < 0) {
      const batch = queue.read(this.#met, TURN_BYTES);
      // It holds less than it says: the stream will begin anew.
      if (batch === null) return;
      for (const record of readRecords(batch.records)) {
        if (comparePositions(record.position, queue.durable) > 0) return;
        this.#meet(record.change);
        this.#met = record.position;
      }
      if (this.#options.now() >= until) return;
    }
  }

  #meet(change: Change): void {
    const { needs, fetch } = this.#options;
    if (change.kind === 'checkEnd' && isOfWhatWasLeft(change.check)) this.#isStated = true;
    if (change.kind === 'exactness') this.#mark = change;
    for (const need of needs.meet(change)) fetch.want(need);
  }

  /** Can't all of it be held back? */
  get #isTooMuch(): boolean {
    const { queue, content, fetch } = this.#options;
    if (fetch.failure !== null) return true;
    // Another stream goes on in the same queue: what was missed is not stated in this one.
    if (this.#met.epoch !== this.#start.epoch) return true;
    const { isHeld, isDiskFull, freeBytes, freeBytesMin, bytes, sizeBytesMax } = queue.condition();
    return isHeld || isDiskFull || freeBytes < freeBytesMin || bytes + content.bytes > sizeBytesMax;
  }

  #isReady(now: MonotonicMs): boolean {
    const { queue, fetch, moment } = this.#options;
    if (!this.#isStated) return false;
    if (this.#exactUntil !== null && now >= this.#exactUntil) return true;
    if (!fetch.isDone || comparePositions(this.#met, queue.durable) < 0) return false;
    if (!this.#wantsExact || (this.#mark !== null && moment.isMet(this.#mark))) return true;
    // Where much is changed there may always be something on its way: that is waited for no longer.
    this.#exactUntil ??= now + EXACT_WAIT_MS;
    return false;
  }

  #beginApplying(now: MonotonicMs, { save }: BatchDoors): void {
    const { content, fetch } = this.#options;
    try {
      content.seal(this.#met);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#notBefore = now + AGAIN_MS;
      return;
    }
    if (!this.#becomes({ batch: 'applying', mixed: true }, now, save)) return;
    fetch.giveUp();
    this.#state = 'applying';
    this.#end = this.#met;
    this.#options.moment.lost();
  }

  #applyingStep(now: MonotonicMs, applied: Position, { save, ask }: BatchDoors): void {
    const { apply } = this.#options;
    this.#serve(ask);
    if (this.#end === null || comparePositions(applied, this.#end) < 0) return;
    // Where something was not fetched, it is as with a resync that did not fit.
    const mixed = apply.resync.mixed && apply.counts.pullsWaiting > 0;
    if (!this.#becomes({ batch: 'none', mixed }, now, save)) return;
    this.#ended();
    this.#askAgain();
  }

  /** It does not fit: from here on it is applied item by item. */
  #giveUp(now: MonotonicMs, { save }: BatchDoors): void {
    if (!this.#becomes({ batch: 'none', mixed: true }, now, save)) return;
    this.#options.fetch.giveUp();
    this.#ended();
    this.#options.moment.lost();
  }

  /** Says so durably; where a disk refuses, it is tried again later. */
  #becomes(
    mark: { readonly batch: BatchState; readonly mixed: boolean },
    now: MonotonicMs,
    save: () => boolean,
  ): boolean {
    const isSaved = this.#options.apply.resync.change(mark, save);
    if (!isSaved) this.#notBefore = now + AGAIN_MS;
    return isSaved;
  }

  #ended(): void {
    this.#state = 'none';
    this.#end = null;
    this.#options.needs.forget();
    this.#remove();
  }

  #remove(): void {
    try {
      this.#options.content.remove();
    } catch (error) {
      // It is removed at the next start, or begun anew.
      if (!(error instanceof FileError)) throw error;
    }
  }
}
