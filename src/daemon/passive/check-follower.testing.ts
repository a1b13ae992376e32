import type { Attributes, CheckBegin, FolderEntry, VerifyContent, VerifyFolder } from '../../changes/change.ts';
import type { Difference } from '../../changes/difference.ts';
import { fromText } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { CheckFollower, type CheckOutcome, type Comparison, type ComparisonSink } from './check-follower.ts';

const ATTRIBUTES: Attributes = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };

function entry(name: string, type: FolderEntry['type'] = 'file'): FolderEntry {
  const empty = fromText('');
  const size = { sizeBytes: 1, hash: 0n, target: empty, linked: false };
  return { name: fromText(name), node: 7, type, attributes: ATTRIBUTES, ...size };
}

export const missing = (name: string): Difference => ({ kind: 'missing', parent: 1, entry: entry(name) });

/** Finds what the test plants. */
export class PlantedComparison implements Comparison {
  readonly sink: ComparisonSink;
  readonly heard: string[] = [];
  constructor(sink: ComparisonSink) {
    this.sink = sink;
  }
  begin(): void {
    this.heard.push('begin');
  }
  folder(): void {
    this.heard.push('folder');
  }
  content(): void {
    this.heard.push('content');
  }
  end(): void {
    this.heard.push('end');
  }
  close(): void {
    this.heard.push('close');
  }
}

/** A follower, and all that it says. */
export class Trial {
  readonly comparisons: PlantedComparison[] = [];
  readonly repaired: [Difference, boolean][] = [];
  readonly told: Difference[] = [];
  readonly repairing: boolean[] = [];
  readonly resyncs: string[] = [];
  readonly outcomes: CheckOutcome[] = [];
  onlyHere: readonly Difference[] | null = [];
  orphansFinished = 0;
  orphansLeft = 0;
  refused: number[] = [];
  waiting = { items: 0, bytes: 0, from: Number.POSITIVE_INFINITY, to: 5 };
  isAppliedAsOne = false;
  mayRepair = true;
  mustReadAll = false;
  now = 0 as MonotonicMs;
  readonly follower = new CheckFollower({
    compare: (sink) => {
      const comparison = new PlantedComparison(sink);
      this.comparisons.push(comparison);
      return comparison;
    },
    repair: (difference, isNews) => void this.repaired.push([difference, isNews]),
    told: (difference) => void this.told.push(difference),
    pathOf: (difference) =>
      'entry' in difference && difference.entry !== null ? `/srv/${difference.entry.name}` : '?',
    waiting: () => this.waiting,
    mayRepair: () => this.mayRepair,
    isAppliedAsOne: () => this.isAppliedAsOne,
    resync: (what) => void this.resyncs.push(what),
    turnedTo: (_check, repairs) => void this.repairing.push(repairs),
    onlyHere: () => this.onlyHere,
    finishOrphans: () => {
      this.orphansFinished++;
      return this.orphansLeft;
    },
    refused: (counts) => this.refused.filter((node) => counts(node)).length,
    ended: (outcome) => void this.outcomes.push(outcome),
    mustReadAll: () => this.mustReadAll,
    now: () => this.now,
  });

  /** What the stream says, in its order. */
  begin(check: number, options: Partial<CheckBegin> = {}): PlantedComparison {
    const sizes = { itemsTotal: 10, bytesTotal: 1000 };
    this.follower.begin({
      kind: 'checkBegin',
      check,
      mode: 'full',
      repair: true,
      complete: true,
      ...sizes,
      ...options,
    });
    return this.comparisons.at(-1) as PlantedComparison;
  }

  folder(check: number): void {
    const folder: Omit<VerifyFolder, 'check'> = {
      kind: 'verifyFolder',
      node: 1,
      attributes: ATTRIBUTES,
      attributesCount: true,
      after: fromText(''),
      last: true,
      entries: [],
    };
    this.follower.folder({ ...folder, check });
  }

  content(check: number): void {
    const content: Omit<VerifyContent, 'check'> = {
      kind: 'verifyContent',
      node: 1,
      attributes: ATTRIBUTES,
      sizeBytes: 0,
      firstRange: 0,
      hashes: [],
      last: true,
    };
    this.follower.content({ ...content, check });
  }

  end(check: number, finished = true): void {
    this.follower.end({ kind: 'checkEnd', check, finished });
    this.follower.settle(this.now);
  }

  /** A check of everything that finds nothing. */
  verify(check: number): void {
    this.begin(check);
    this.end(check);
  }
}
