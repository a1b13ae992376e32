import { comparePositions, ORIGIN, type Position } from '../../changes/change.ts';
import type { ParkedReply, Release } from '../../intercept/parked-replies.ts';
import { type AddedTime, AddedTimes } from './added-times.ts';
import type { Flush } from './decode-flush.ts';
import type { Covered } from './flush-coverage.ts';

/** So often replies are looked for whose record does not come, … */
const LOST_LOOK_MS = 1000;
/** … and while something that a flush covers is not told yet, whether it is by now. */
const UNTOLD_LOOK_MS = 5;

/** From the main thread, which sees both servers. */
export type FlushOrder =
  /**
   * The passive server holds all that the stream said since `mark`: from now on what is durable in its queue is enough.
   * Of content that was named by hashes it has all up to `applied`. Each has a `number` of its own.
   */
  | { readonly kind: 'whole'; readonly number: number; readonly mark: string; readonly applied: Position }
  /** Content that was named up to there is on it. */
  | { readonly kind: 'contentHere'; readonly upTo: Position };

/** How flushes stand, for the main thread. */
export interface FlushReport {
  /** Another one each time something may have been missed by the stream. */
  readonly mark: string;
  /**
   * All that was flushed before the order of this number was given comes before this position, and is in the stream or was
   * fetched; null while that is not known.
   */
  readonly closes: { readonly number: number; readonly position: Position } | null;
  /** At this position the stream said exactly what had been done in intercepted folders; null before it did so. */
  readonly exactAt: Position | null;
  /** Content that was named at this position may be waited for; null where none is. */
  readonly contentWanted: Position | null;
  readonly added: AddedTime | null;
}

/** What is asked of the others. */
export interface FlushDoors {
  readonly position: () => Position;
  readonly covered: (flush: Flush) => Covered;
  readonly contentHere: (upTo: Position) => void;
  readonly forgetContent: () => void;
  /** Where content was named last that is not known to be on the passive server; null where there is none. */
  readonly contentNamed: () => Position | null;
  readonly release: (reply: ParkedReply) => Release;
  /** Writes the reply. @param writtenBytes - that it tells of. */
  readonly answer: (reply: ParkedReply, writtenBytes: number) => void;
  readonly parked: () => readonly ParkedReply[];
  readonly nowMs: () => number;
  /** How much was recorded so far, and taken; they wrap at 2^32. */
  readonly recorded: () => number;
  readonly taken: () => number;
  /** Position from which on the stream says exactly what was done; null while it does not. */
  readonly exactSince: () => Position | null;
}

interface Waiting {
  readonly flush: Flush;
  /** All that it covers was told up to here; null while the stream may have missed some of it. */
  position: Position | null;
}

/**
 * Who may be answered when. A flush is done on the passive server once its queue durably holds everything that was told
 * before the flush's place in the order, and content that was only named is there. That counts only while the stream
 * has missed nothing since the passive server was known to hold all. Pure but for its doors.
 */
export class FlushWaits {
  readonly #doors: FlushDoors;
  readonly #run: number;
  #breaks = 0;
  #isWhole = false;
  /** The order that said so last, and how much was recorded by then; null once that is taken. */
  #awaited: { readonly number: number; readonly recorded: number } | null = null;
  #closes: FlushReport['closes'] = null;
  /** What was flushed by then may be content that was named there. */
  #closesContent: Position | null = null;
  #exactAt: Position | null = null;
  #durable: Position = ORIGIN;
  #contentUpTo: Position = ORIGIN;
  /** The passive server was asked to hurry up to here. */
  #hurried: Position = ORIGIN;
  /** By their positions. */
  #waiting: Waiting[] = [];
  /** Of what they cover not all is told. */
  #untold: Waiting[] = [];
  readonly #known = new Map<number, Waiting>();
  /** Replies whose record had not come at the last look. */
  #unknown = new Map<number, number>();
  #lookAtMs = 0;
  #hasMet = false;
  readonly #added = new AddedTimes();

  /** @param run - another number at each start. */
  constructor(run: number, doors: FlushDoors) {
    this.#run = run;
    this.#doors = doors;
  }

  /** A flush was met at its place in the order: everything before it was taken. */
  met(flush: Flush): void {
    this.#hasMet = true;
    const waiting: Waiting = { flush, position: this.#isWhole ? this.#doors.position() : null };
    this.#known.set(flush.reply.place, waiting);
    this.#sort(waiting);
    this.#answer();
  }

  /** Was one met since this was asked last? */
  takeMet(): boolean {
    const hasMet = this.#hasMet;
    this.#hasMet = false;
    return hasMet;
  }

  /** The stream may lack something that was done, or begins anew. */
  missed(): void {
    this.#breaks += 1;
    this.#isWhole = false;
    this.#awaited = null;
    this.#closes = null;
    this.#exactAt = null;
    this.#durable = ORIGIN;
    this.#doors.forgetContent();
    for (const waiting of this.#all()) waiting.position = null;
  }

  order(order: FlushOrder): void {
    if (order.kind === 'contentHere') {
      this.#hasContent(order.upTo);
    } else if (order.mark === this.#mark) {
      this.#isWhole = true;
      this.#hasContent(order.applied);
      this.#awaited = { number: order.number, recorded: this.#doors.recorded() };
      for (const waiting of this.#all()) waiting.position ??= this.#doors.position();
    }
    this.#answer();
  }

  /** The passive server's queue holds everything up to there durably. */
  acknowledged(durable: Position): void {
    this.#durable = durable;
    this.#answer();
  }

  /**
   * Once in a while.
   * @param isDrained - all that is recorded is taken.
   * @returns milliseconds until there may be something to do.
   */
  step(isDrained: boolean): number {
    const { taken, position, nowMs, exactSince } = this.#doors;
    const exact = exactSince();
    // Not that of the stream before.
    if (exact?.epoch === position().epoch) this.#exactAt = exact;
    if (this.#awaited !== null && ((taken() - this.#awaited.recorded) | 0) >= 0) {
      this.#closes = { number: this.#awaited.number, position: position() };
      this.#closesContent = this.#doors.contentNamed();
      this.#awaited = null;
    }
    const now = nowMs();
    if (isDrained && now >= this.#lookAtMs) this.#findLost(now);
    for (const waiting of this.#untold.splice(0)) {
      if (this.#sort(waiting) && waiting.position !== null) waiting.position = position();
    }
    this.#answer();
    return this.#untold.length > 0 ? UNTOLD_LOOK_MS : LOST_LOOK_MS;
  }

  /** Is the passive server to be asked to make durable at once what was sent up to there? Once for each flush. */
  hurries(sent: Position | null): boolean {
    const newest = this.#waiting.at(-1)?.position ?? null;
    if (sent === null || newest === null || comparePositions(newest, this.#hurried) <= 0) return false;
    if (comparePositions(sent, newest) < 0) return false;
    this.#hurried = newest;
    return true;
  }

  report(): FlushReport {
    return {
      mark: this.#mark,
      closes: this.#isHere(this.#closesContent) ? this.#closes : null,
      exactAt: this.#exactAt,
      contentWanted: this.#contentWanted() ?? this.#doors.contentNamed(),
      added: this.#added.summary(),
    };
  }

  get #mark(): string {
    return `${String(this.#run)}/${String(this.#breaks)}`;
  }

  #all(): Waiting[] {
    return [...this.#waiting, ...this.#untold];
  }

  #hasContent(upTo: Position): void {
    if (comparePositions(upTo, this.#contentUpTo) > 0) this.#contentUpTo = upTo;
    this.#doors.contentHere(upTo);
  }

  /** @returns true where all that it covers is told. */
  #sort(waiting: Waiting): boolean {
    const { what } = this.#doors.covered(waiting.flush);
    if (what === 'nothing') this.#end(waiting);
    else (what === 'untold' ? this.#untold : this.#waiting).push(waiting);
    return what === 'records';
  }

  /** Whoever may be. */
  #answer(): void {
    if (!this.#isWhole || this.#waiting.length === 0) return;
    const left: Waiting[] = [];
    for (const [index, waiting] of this.#waiting.entries()) {
      const { position, flush } = waiting;
      if (position === null || comparePositions(position, this.#durable) > 0) {
        left.push(...this.#waiting.slice(index));
        break;
      }
      const { fetched } = this.#doors.covered(flush);
      if (this.#isHere(fetched)) this.#end(waiting);
      else left.push(waiting);
    }
    this.#waiting = left;
  }

  #end(waiting: Waiting): void {
    const { reply } = waiting.flush;
    if (this.#known.get(reply.place) === waiting) this.#known.delete(reply.place);
    const release = this.#doors.release(reply);
    if (release.kind === 'reply') this.#doors.answer(reply, release.writtenBytes);
    if (release.kind === 'here') this.#added.add(0);
    if (release.kind === 'reply') this.#added.add(this.#doors.nowMs() - release.sinceMs);
  }

  /** @param named - position at which content was named. */
  #isHere(named: Position | null): boolean {
    return named === null || comparePositions(named, this.#contentUpTo) <= 0;
  }

  #contentWanted(): Position | null {
    let wanted: Position | null = null;
    for (const { position, flush } of this.#waiting) {
      if (position === null || comparePositions(position, this.#durable) > 0) break;
      const { fetched } = this.#doors.covered(flush);
      if (fetched !== null && (wanted === null || comparePositions(fetched, wanted) > 0)) wanted = fetched;
    }
    return wanted;
  }

  /**
   * Replies whose records were taken by the run before this one, or could not be put in. All that they cover has been
   * recorded before: once it is taken they wait for no less than the others.
   */
  #findLost(now: number): void {
    this.#lookAtMs = now + LOST_LOOK_MS;
    const unknown = new Map<number, number>();
    for (const { place, uniqueLow, uniqueHigh, mount } of this.#doors.parked()) {
      if (this.#known.get(place)?.flush.reply.uniqueLow === uniqueLow) continue;
      // Twice, with all that was recorded taken each time: its record is not on its way.
      if (this.#unknown.get(place) !== uniqueLow) unknown.set(place, uniqueLow);
      else this.#adopt({ place, uniqueLow, uniqueHigh, mount });
    }
    this.#unknown = unknown;
  }

  #adopt(reply: ParkedReply): void {
    const waiting: Waiting = {
      flush: { reply, node: null },
      position: this.#isWhole ? this.#doors.position() : null,
    };
    this.#known.set(reply.place, waiting);
    this.#waiting.push(waiting);
  }
}
