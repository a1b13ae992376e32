import { type ByteString, fromLatin1 } from '../kernel/byte-string.ts';
import { NOTICE } from '../kernel/notices.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import { Departures, isDeletion } from './departures.ts';
import {
  type DueLook,
  DueLooks,
  dueAtMs,
  GATHER_MS,
  passedOn,
  READ_AGAIN,
  Rests,
  STATUS_BITS,
  TELL_GONE,
} from './due-looks.ts';
import { FreshNodes } from './fresh-nodes.ts';
import type { LookOutcome } from './intake.ts';
import type { Shadow } from './shadow.ts';

/** How often a look is put off, ever longer, before the check has to settle it. */
const TRIES_MAX = 8;

/** A folder's own attributes are looked at under this name. */
export const ITSELF = fromLatin1('');

export interface AgendaListener {
  /** A name could not be settled. */
  giveUp(): void;
  /** Are names that go looked at together? */
  gathersDepartures(): boolean;
  /** These have gone, as far as notices tell, and are looked at next. */
  departing(names: readonly Name[]): void;
}

/** What is to be looked at, why and when. Time is given before each use. */
export class Agenda {
  readonly #shadow: Shadow;
  readonly #listener: AgendaListener;
  readonly #due = new DueLooks<Node>();
  readonly #rests = new Rests<Node>();
  readonly #fresh = new FreshNodes();
  /** Files with several names that were to be looked at in a folder that left, and why. */
  readonly #leftBehind = new Map<Node, number>();
  readonly #departures = new Departures();
  /** All notices of what happened until then have been read. */
  #noticedMs = Number.NEGATIVE_INFINITY;
  nowMs = 0;

  constructor(shadow: Shadow, listener: AgendaListener) {
    this.#shadow = shadow;
    this.#listener = listener;
  }

  get size(): number {
    return this.#due.size + this.#leftBehind.size;
  }

  /** Names that have gone, as far as notices tell, and are not told yet. */
  get departing(): readonly Name[] {
    return this.#departures.names;
  }

  nextMs(): number {
    return this.#leftBehind.size > 0 ? this.nowMs : Math.min(this.#due.nextMs(), this.#departures.overMs);
  }

  /**
   * Do notices have to be read before more is taken? Names that go together seem to be all there, but this thread may
   * have stood still since it read the last of them.
   */
  get wantsNotices(): boolean {
    const { overMs } = this.#departures;
    return this.nowMs >= overMs && this.#noticedMs < overMs;
  }

  /** Something happened to a name, or may have (`bits` 0). */
  note(folder: Node, name: ByteString, bits: number): void {
    const node = name === ITSELF ? undefined : folder.children?.get(name);
    const touched = (bits & (NOTICE.modified | NOTICE.written)) !== 0;
    const why = touched && node !== undefined && this.#fresh.has(node) ? bits | READ_AGAIN : bits;
    const isDeparture = node !== undefined && isDeletion(bits) && this.#listener.gathersDepartures();
    const file = { restUntilMs: this.#rests.untilMs(node), sizeBytes: node?.type === 'file' ? node.sizeBytes : 0 };
    const dueMs = isDeparture ? this.#departs(folder, name) : dueAtMs(bits, this.nowMs, file);
    this.#due.add(folder, name, { bits: why, dueMs, nowMs: this.nowMs });
  }

  /** Is content to be read there: at a name, or at any in the folder (null)? */
  readsAgain(folder: Node, name: ByteString | null): boolean {
    return this.#due.waits(folder, name, READ_AGAIN);
  }

  /** Are attributes to be looked at there? */
  readsAttributes(folder: Node, name: ByteString): boolean {
    return this.#due.waits(folder, name, NOTICE.attributes);
  }

  /** Why is a name to be looked at? 0 where it is not. */
  reasons({ parent, name }: Name): number {
    return this.#due.reasons(parent, name);
  }

  /** A name was moved out of all folders that are watched. */
  left(folder: Node, name: ByteString): void {
    const gathers = folder.children?.has(name) === true && this.#listener.gathersDepartures();
    const dueMs = gathers ? this.#departs(folder, name) : this.nowMs;
    this.#due.add(folder, name, { bits: NOTICE.moved, dueMs, nowMs: this.nowMs });
  }

  /** The folder's own times moved with its entries; told once for many. */
  entriesChanged(folder: Node): void {
    this.#due.add(folder, ITSELF, { bits: 0, dueMs: this.nowMs + GATHER_MS, nowMs: this.nowMs });
  }

  /** What waits for one name now waits for another. */
  carryOver(from: Name, to: Name): void {
    const look = this.#due.takeFor(from.parent, from.name);
    if (look === null) return;
    // It did not go, but move: it waits for no others that go.
    const dueMs = Number.isFinite(look.dueMs) ? look.dueMs : this.nowMs;
    const why = { bits: look.bits & ~NOTICE.deleted, dueMs, nowMs: look.sinceMs };
    this.#due.add(to.parent, to.name, why);
  }

  /** The folder was not where the tree has it: once it is found, it is to be entered. */
  missed(folder: Node): void {
    this.#again({ ...this.#asked(folder, ITSELF), bits: NOTICE.created });
  }

  take(): DueLook<Node> | null {
    if (this.#leftBehind.size > 0) this.#followLeftBehind();
    if (this.#noticedMs >= this.#departures.overMs) this.#depart();
    return this.#due.take(this.nowMs);
  }

  /** The look at a name that is made now, due or not. */
  takeFor(folder: Node, name: ByteString): DueLook<Node> {
    return this.#due.takeFor(folder, name) ?? this.#asked(folder, name);
  }

  finish(look: DueLook<Node>, outcome: LookOutcome): void {
    if (outcome === 'done') return;
    if (outcome === 'later') return this.#again(look);
    if (outcome === 'departs') return this.#due.again(look, this.#departs(look.folder, look.name));
    look.gathered = true;
    this.#due.again(look, this.nowMs + GATHER_MS);
  }

  /** Content or status of the node was just taken over. */
  taken(node: Node): void {
    this.#fresh.add(node);
  }

  /** The node's content was read, which took `costMs`. */
  read(node: Node, costMs: number): void {
    this.#rests.looked(node, this.nowMs, costMs);
  }

  /** @param beganMs - when the reading of notices began that is done. */
  endDrain(beganMs: number): void {
    this.#noticedMs = beganMs;
    this.#fresh.endDrain(beganMs, this.nowMs);
  }

  leaving(node: Node): void {
    this.#rests.drop(node);
    if (node.type !== 'folder') return;
    for (const [name, bits] of this.#due.dropFolder(node)) {
      const child = node.children?.get(name);
      if (child === undefined || child.otherNames === null || (bits & STATUS_BITS) === 0) continue;
      this.#leftBehind.set(child, (this.#leftBehind.get(child) ?? 0) | bits);
    }
  }

  /** What was written through a name that is gone shows under a name that is left. */
  #followLeftBehind(): void {
    for (const [node, bits] of this.#leftBehind) {
      if (!this.#shadow.holds(node) || node.parent === null) continue;
      this.note(node.parent, node.name, passedOn(bits));
    }
    this.#leftBehind.clear();
  }

  /** @returns when it is to be looked at: with all that go at the same time. */
  #departs(folder: Node, name: ByteString): number {
    this.#departures.add({ parent: folder, name }, this.nowMs);
    return Number.POSITIVE_INFINITY;
  }

  #depart(): void {
    const why = { bits: TELL_GONE, dueMs: this.nowMs };
    const names = this.#departures.takeAll().filter(({ parent, name }) => this.#due.hasten(parent, name, why));
    if (names.length > 0) this.#listener.departing(names);
  }

  #asked(folder: Node, name: ByteString): DueLook<Node> {
    return { folder, name, bits: 0, dueMs: this.nowMs, sinceMs: this.nowMs, tries: 0, gathered: true };
  }

  #again(look: DueLook<Node>): void {
    look.tries += 1;
    if (!this.#shadow.holds(look.folder)) return;
    if (look.tries <= TRIES_MAX) this.#due.again(look, this.nowMs + GATHER_MS * 2 ** (look.tries - 1));
    else this.#listener.giveUp();
  }
}
