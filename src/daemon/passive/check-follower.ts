import type { CheckProgress } from '../../api/status.ts';
import type { CheckBegin, CheckEnd, NodeId, VerifyContent, VerifyFolder } from '../../changes/change.ts';
import { type Difference, nodeOf } from '../../changes/difference.ts';
import { ProgressEstimator } from '../../check/progress.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { findsFaults, isLookAtUnseen, isOfNewItems, isOfWhatWasLeft } from '../stream/check-numbers.ts';
import { sayDifference } from './say-difference.ts';
import type { Verification } from '../status/side-report.ts';

/** Compares the passive's copy with what verify records state. */
export interface Comparison {
  begin(change: CheckBegin): void;
  folder(change: VerifyFolder): void;
  content(change: VerifyContent): void;
  end(change: CheckEnd): void;
  close(): void;
}

/** Where a comparison's results go. */
export interface ComparisonSink {
  differs(difference: Difference): void;
  progress(items: number, bytes: number): void;
}

/** What came of a check. */
export interface CheckOutcome {
  readonly check: number;
  readonly finished: boolean;
  readonly repair: boolean;
  readonly complete: boolean;
  readonly itemsChecked: number;
  readonly bytesChecked: number;
  readonly differences: number;
  /** Of these, only on the passive server and left there, as the settings ask. */
  readonly left: number;
  /** Of these, not made equal, because the passive server's file system refused. */
  readonly refused: number;
  readonly examples: readonly { readonly path: string; readonly what: string }[];
  /** Milliseconds since it began; absent where nothing began, and from a release that does not tell. */
  readonly tookMs?: number;
}

export interface FollowerOptions {
  readonly compare: (sink: ComparisonSink) => Comparison;
  /** `isNews`: it is no change that arrives in this way. */
  readonly repair: (difference: Difference, isNews: boolean) => void;
  /** False while nothing here may be changed, whatever a check was asked to do. */
  readonly mayRepair: () => boolean;
  /** A check that makes up for what was missed is about to change the copy, or has made all of it equal. */
  readonly resync: (what: 'changes' | 'ended') => void;
  /** Is what was missed being applied as one, with more records of it to come perhaps? */
  readonly isAppliedAsOne: () => boolean;
  /** A difference that is told and not repaired. */
  readonly told: (difference: Difference, check: number) => void;
  readonly pathOf: (difference: Difference) => string;
  /** Content that was asked for and is not here yet: numbers of the item that waits longest, and of the next one there will be. */
  readonly waiting: () => {
    readonly items: number;
    readonly bytes: number;
    readonly from: number;
    readonly to: number;
  };
  /** Records of this check come next; it repairs, or only tells; `isPartial`: it does not state everything. */
  readonly turnedTo: (check: number, repairs: boolean, isPartial: boolean) => void;
  /** The check of what came into the protected set has stated all of it: what of that is here alone. Null: that is not known. */
  readonly onlyHere: () => readonly Difference[] | null;
  /** @param check - null where everything was checked. @returns how many are left where they are, as the settings ask. */
  readonly finishOrphans: (check: number | null) => number;
  /** Items that could not be made equal, of those that `counts` picks. */
  readonly refused: (counts: (node: NodeId) => boolean) => number;
  readonly ended: (outcome: CheckOutcome) => void;
  /** The disk itself is in doubt: only a check that reads all content verifies it. */
  readonly mustReadAll: () => boolean;
  readonly now: () => MonotonicMs;
}

interface Running {
  readonly begin: CheckBegin;
  readonly comparison: Comparison;
  readonly estimator: ProgressEstimator;
  readonly startedAt: MonotonicMs;
  itemsDone: number;
  bytesDone: number;
  differences: number;
  examples: { path: string; what: string }[];
  /** Of what differed, to know in the end what could not be repaired; null where they were too many to remember. */
  nodes: Set<NodeId> | null;
  left: number;
  end: CheckEnd | null;
  /** Items with lower numbers were asked for before its end, or that of its batch; what came later is no part of it. */
  waitsTo: number;
  /** Track was lost after it began: what it found equal before may differ by now. */
  isOvertaken: boolean;
}

const EXAMPLES_MAX = 100;
const NODES_MAX = 100_000;

/**
 * The passive's side of checks: hands verify records to a comparison, and knows whether the copy was
 * ever verified as a whole. A check of everything and a look at single items may run side by side.
 */
export class CheckFollower {
  readonly #options: FollowerOptions;
  readonly #running = new Map<number, Running>();
  /** For verify records that are no part of a check: large content that was just captured. */
  readonly #standing: Comparison;
  #verification: Verification = 'none';

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#standing = options.compare({
      differs: (difference) => {
        if (options.mayRepair()) options.repair(difference, false);
      },
      progress: () => undefined,
    });
  }

  get verification(): Verification {
    return this.#verification;
  }

  begin(change: CheckBegin): void {
    const startedAt = this.#options.now();
    const running: Running = {
      begin: change,
      comparison: this.#options.compare({
        differs: (difference) => this.#differs(running, difference),
        progress: (items, bytes) => {
          running.itemsDone += items;
          running.bytesDone += bytes;
        },
      }),
      estimator: new ProgressEstimator(startedAt),
      startedAt,
      itemsDone: 0,
      bytesDone: 0,
      differences: 0,
      examples: [],
      nodes: new Set(),
      left: 0,
      end: null,
      waitsTo: 0,
      isOvertaken: false,
    };
    this.#running.set(change.check, running);
    running.comparison.begin(change);
    if (change.complete && this.#verification !== 'done') this.#verification = 'running';
  }

  folder(change: VerifyFolder): void {
    this.#turnTo(change.check).folder(change);
  }

  content(change: VerifyContent): void {
    this.#turnTo(change.check).content(change);
  }

  end(change: CheckEnd): void {
    const running = this.#running.get(change.check);
    if (running === undefined) return;
    running.end = change;
    if (change.finished && isOfNewItems(change.check)) this.#meetOnlyHere(running);
    running.waitsTo = this.#options.waiting().to;
    running.comparison.end(change);
    running.comparison.close();
    // Of a look at single items too: what it found to be an orphan would stay out of sync otherwise.
    if (!change.finished || !this.#repairs(running)) return;
    running.left = this.#options.finishOrphans(running.begin.complete ? null : change.check);
  }

  /** Ends checks whose content has all arrived. */
  settle(_now: MonotonicMs): void {
    for (const [check, running] of this.#running) {
      if (running.end === null) continue;
      const isResync = this.#isResync(running.begin);
      // What comes behind it in the same batch, and the content that it asks for, is part of the same state.
      if (isResync && this.#options.isAppliedAsOne()) {
        running.waitsTo = this.#options.waiting().to;
        continue;
      }
      if (this.#repairs(running) && this.#options.waiting().from < running.waitsTo) continue;
      this.#running.delete(check);
      this.#ended(running, running.end.finished);
      if (isResync && this.#verification === 'done') this.#options.resync('ended');
    }
  }

  /** The stream begins anew: what ran is void and everything has to be verified again. */
  gap(): void {
    for (const running of this.#running.values()) {
      running.comparison.close();
      this.#ended(running, false);
    }
    this.#running.clear();
    this.#verification = 'none';
  }

  /** Something was missed, and will be stated item by item: what ran is void, and what was verified before stays so. */
  missed(): void {
    const before = this.#verification;
    this.gap();
    this.#verification = before === 'running' ? 'unfinished' : before;
  }

  /** Something may have changed anywhere: only a new check of everything verifies it again. */
  distrust(): void {
    for (const running of this.#running.values()) running.isOvertaken = true;
    this.#verification = 'unfinished';
  }

  /** Is a check under way that will have verified everything when it ends, or shown all where nothing may be repaired? */
  get isVerifying(): boolean {
    const mayRepair = this.#options.mayRepair();
    for (const { begin, isOvertaken } of this.#running.values()) {
      if (begin.complete && (begin.repair || !mayRepair) && !isOvertaken) return true;
    }
    return false;
  }

  /** What is being stated now, but for looks at what may change unseen. */
  get checks(): 'none' | 'items' | 'everything' {
    let isRunning = false;
    for (const { begin, end } of this.#running.values()) {
      if (end !== null || isLookAtUnseen(begin.check)) continue;
      if (!begin.complete) return 'items';
      isRunning = true;
    }
    return isRunning ? 'everything' : 'none';
  }

  /** Lets go of what running checks hold. */
  close(): void {
    for (const { comparison } of this.#running.values()) comparison.close();
    this.#standing.close();
  }

  progress(now: MonotonicMs): CheckProgress | null {
    const shown = [...this.#running.values()].filter((r) => !isLookAtUnseen(r.begin.check));
    const running = shown.find((r) => r.begin.complete) ?? shown[0];
    if (running === undefined || (!running.begin.complete && running.begin.itemsTotal < 2)) return null;
    const waiting = this.#options.waiting();
    const done = {
      itemsDone: Math.max(0, running.itemsDone - waiting.items),
      itemsTotal: Math.max(running.begin.itemsTotal, running.itemsDone),
      bytesDone: Math.max(0, running.bytesDone - waiting.bytes),
      bytesTotal: Math.max(running.begin.bytesTotal, running.bytesDone),
    };
    const { bytesPerSecond, remainingMs } = running.estimator.estimate(done, now);
    return { kind: running.begin.mode, ...done, bytesPerSecond: bytesPerSecond ?? 0, remainingMs };
  }

  #meetOnlyHere(running: Running): void {
    const { check } = running.begin;
    const differences = this.#options.onlyHere();
    this.#turnTo(check);
    for (const difference of differences ?? []) this.#differs(running, difference);
    if (differences === null) this.distrust();
  }

  #turnTo(check: number): Comparison {
    const running = this.#running.get(check);
    const repairs = running === undefined ? this.#options.mayRepair() : this.#repairs(running);
    this.#options.turnedTo(check, repairs, running?.begin.complete !== true);
    return running?.comparison ?? this.#standing;
  }

  #repairs({ begin }: Running): boolean {
    return begin.repair && this.#options.mayRepair();
  }

  /** Does it make up for what was missed? A check of items that were verified before does not. */
  #isResync({ check }: CheckBegin): boolean {
    return isOfWhatWasLeft(check) || this.#verification !== 'done';
  }

  #differs(running: Running, difference: Difference): void {
    running.differences++;
    const node = nodeOf(difference);
    if (node !== null) running.nodes?.add(node);
    if (running.nodes !== null && running.nodes.size > NODES_MAX) running.nodes = null;
    if (running.examples.length < EXAMPLES_MAX) {
      running.examples.push({ path: this.#options.pathOf(difference), what: sayDifference(difference) });
    }
    if (this.#repairs(running)) {
      if (this.#isResync(running.begin)) this.#options.resync('changes');
      this.#options.repair(difference, findsFaults(running.begin.check));
    } else this.#options.told(difference, running.begin.check);
  }

  #ended(running: Running, finished: boolean): void {
    const { begin, nodes } = running;
    if (begin.complete) {
      const isEqual = this.#repairs(running) || running.differences === 0;
      if (begin.mode !== 'full' && this.#options.mustReadAll()) running.isOvertaken = true;
      if (finished && isEqual && !running.isOvertaken) this.#verification = 'done';
      else if (this.#verification === 'running') this.#verification = 'unfinished';
    }
    if (isLookAtUnseen(begin.check)) return;
    this.#options.ended({
      check: begin.check,
      finished,
      // Where nothing may be changed it only told, whatever it was asked for.
      repair: this.#repairs(running),
      complete: begin.complete,
      itemsChecked: running.itemsDone,
      bytesChecked: running.bytesDone,
      differences: running.differences,
      left: Math.min(running.left, running.differences),
      refused: this.#repairs(running) ? this.#options.refused((node) => nodes === null || nodes.has(node)) : 0,
      examples: running.examples,
      tookMs: Math.round(this.#options.now() - running.startedAt),
    });
  }
}
