import type { Doubted, LongDoubt, LongDoubts } from '../../apply/long-doubts.ts';
import { type Change, INLINE_BYTES_MAX, type VerifyFolder } from '../../changes/change.ts';
import { type ByteString, toDisplay } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { FromStream } from '../stream/thread-messages.ts';

const LOOK_MS = 1000;
/** So long it stays in doubt, after it was asked for again and again, before that is told. */
const TELL_MS = 12_000;
/** While single items are being stated it may be about to be: then time counts for so much less. */
const BUSY_FACTOR = 10;
/** What is told is brought up to date after this long. */
const TELL_AGAIN_MS = 15_000;
/** Told at a time: of more nobody reads. */
const ITEMS_MAX = 100;

interface Followed {
  readonly path: ByteString;
  status: LongDoubt['status'];
  /** In doubt, while it could have been stated. */
  doubtMs: number;
  /** How often it was compared, and how it differed then. */
  looks: number;
  readonly differences: string[];
  isSeen: boolean;
  /** As told last; null before. */
  told: string | null;
  toldAt: number;
}

/** How it stands with the stream. */
export interface DoubtMoment {
  readonly now: MonotonicMs;
  /** Connected, all of the stream applied, and everything verified: what is asked for is answered soon. */
  readonly isAnswered: boolean;
  /** What is stated now; names without an item are in doubt until a check ends. */
  readonly checks: 'none' | 'items' | 'everything';
}

/**
 * The finding APL-009 for each item that stays in doubt, though the active server is asked for it again and again.
 * What is changed all the time is not among them: an item that was equal in between is in doubt anew.
 */
export class LastingDoubts {
  readonly #doubts: Pick<LongDoubts, 'all' | 'isOver'>;
  readonly #toMain: (message: FromStream) => void;
  readonly #items = new Map<Doubted, Followed>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #wasAnswered = false;

  constructor(doubts: Pick<LongDoubts, 'all' | 'isOver'>, toMain: (message: FromStream) => void) {
    this.#doubts = doubts;
    this.#toMain = toMain;
  }

  step({ now, isAnswered, checks }: DoubtMoment): void {
    const passedMs = now - this.#lookedAt;
    if (passedMs < LOOK_MS) return;
    // Only what passed between two looks that both count; a gap between them counts for one.
    const countsMs = isAnswered && this.#wasAnswered ? Math.min(passedMs, 2 * LOOK_MS) : 0;
    this.#lookedAt = now;
    this.#wasAnswered = isAnswered;
    if (isAnswered) this.#follow(countsMs, checks);
    for (const [item, followed] of this.#items) {
      if (this.#doubts.isOver(item) || (isAnswered && !followed.isSeen)) this.#end(item);
      else if (followed.doubtMs >= TELL_MS) this.#tell(followed, now);
    }
  }

  /** A record is about to be met, or was: what it states of items that are followed is a look at them. */
  stated(change: Change): void {
    if (this.#items.size === 0) return;
    if (change.kind === 'verifyFolder') this.#statedFolder(change);
    if (change.kind !== 'verifyContent') return;
    const followed = this.#items.get(change.node);
    if (followed === undefined) return;
    if (change.last) followed.looks++;
    // A large file is being stated.
    else followed.doubtMs = 0;
  }

  /** A look found that something differs. */
  differed(path: ByteString, how: string): void {
    for (const followed of this.#items.values()) {
      if (followed.path === path && !followed.differences.includes(how)) followed.differences.push(how);
    }
  }

  #statedFolder({ node, last, entries }: VerifyFolder): void {
    for (const entry of entries) {
      const followed = this.#items.get(entry.node);
      // The content of a large file follows.
      if (followed !== undefined && (entry.type !== 'file' || entry.sizeBytes <= INLINE_BYTES_MAX)) followed.looks++;
    }
    const folder = this.#items.get(node);
    if (folder !== undefined && last) folder.looks++;
  }

  #follow(passedMs: number, checks: DoubtMoment['checks']): void {
    for (const followed of this.#items.values()) followed.isSeen = false;
    for (const { item, path, status, isComing } of this.#doubts.all()) {
      const before = this.#items.get(item);
      // Another path: what was told is of the one before.
      if (before !== undefined && before.path !== path) this.#end(item);
      const followed = this.#items.get(item) ?? this.#begin(item, path, status);
      if (followed === null) return;
      followed.isSeen = true;
      followed.status = status;
      if (isComing) continue;
      const isItem = typeof item === 'number';
      if (checks === 'none' || (checks === 'everything' && isItem)) followed.doubtMs += passedMs;
      else if (checks === 'items') followed.doubtMs += passedMs / BUSY_FACTOR;
    }
  }

  #begin(item: Doubted, path: ByteString, status: LongDoubt['status']): Followed | null {
    if (this.#items.size === ITEMS_MAX) return null;
    const shared = { path, status, doubtMs: 0, looks: 0, differences: [], isSeen: true };
    const followed: Followed = { ...shared, told: null, toldAt: Number.NEGATIVE_INFINITY };
    this.#items.set(item, followed);
    return followed;
  }

  #end(item: Doubted): void {
    const followed = this.#items.get(item);
    this.#items.delete(item);
    if (followed === undefined || followed.told === null) return;
    this.#toMain({ kind: 'cleared', code: 'APL-009', item: toDisplay(followed.path) });
  }

  #tell(followed: Followed, now: MonotonicMs): void {
    if (now - followed.toldAt < TELL_AGAIN_MS) return;
    const { status, looks, differences } = followed;
    const path = toDisplay(followed.path);
    const problem = { code: 'APL-009', parameters: { path, status, why: whyOf(followed) } } as const;
    const evidence = [
      `compared ${String(looks)} times since it is followed`,
      ...differences.map((difference) => `found different: ${difference}`),
    ];
    const text = JSON.stringify([problem, evidence]);
    followed.toldAt = now;
    if (followed.told === text) return;
    followed.told = text;
    this.#toMain({ kind: 'problem', problem, item: path, evidence, action: null });
  }
}

function whyOf({ looks, differences }: Followed): string {
  if (looks === 0) return 'the active server was asked for it again and again and has not stated it';
  if (differences.length > 0)
    return `it is made equal again and again and differs each time (${differences.join('; ')})`;
  return 'it is stated again and again, and not all of it could be compared';
}
