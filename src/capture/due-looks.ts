import type { ByteString } from '../kernel/byte-string.ts';
import { NOTICE } from '../kernel/notices.ts';
import { GIB } from '../kernel/units.ts';

/** Bits of a look beyond those of {@link NOTICE}: read the content again even where the status is the same. */
export const READ_AGAIN = 1 << 16;
/** Also beyond them: where the name is gone, that is told now, not together with what else goes. */
export const TELL_GONE = 1 << 17;
/** Also: names and content are told by operations, which may be behind what is on the disk; only attributes are taken. */
export const STATUS_ONLY = 1 << 18;

export function isStatusOnly(bits: number): boolean {
  return (bits & ~NOTICE.attributes) === STATUS_ONLY;
}

/** Notices after which content may be another. */
export const CONTENT_BITS = NOTICE.modified | NOTICE.written;
/** What a notice may say of a file, whatever name was used. */
export const STATUS_BITS = CONTENT_BITS | NOTICE.attributes;

/** Why another name of a file is to be looked at where the one that a notice named is gone; 0 where it is not. */
export function passedOn(bits: number): number {
  return (bits & STATUS_BITS) | ((bits & CONTENT_BITS) === 0 ? 0 : READ_AGAIN);
}

/** How long a file that is being written may gather changes before it is looked at. */
export const GATHER_MS = 20;
/** A large file is read as a whole: it gathers longer, by a small part of what reading it takes, … */
const GATHER_MS_PER_GIB = 100;
/** … but never longer than this. */
const GATHER_MS_MAX = 1000;
/** A file is looked at again only after this many times what the last look at it took. */
const REST_FACTOR = 10;
/** Files whose last look is remembered, to give them rest. */
const RESTS_MAX = 1024;

/** A name that is to be looked at. */
export interface DueLook<Folder> {
  readonly folder: Folder;
  /** Empty: the folder itself. */
  readonly name: ByteString;
  /** Bits of {@link NOTICE} and {@link READ_AGAIN}: why. */
  bits: number;
  dueMs: number;
  /** When it was first asked for. */
  readonly sinceMs: number;
  /** How often it was put off because what is on disk was not settled. */
  tries: number;
  /** A new file was given its time to be written. */
  gathered: boolean;
}

interface Slot<Folder> {
  readonly look: DueLook<Folder>;
  readonly dueMs: number;
  readonly order: number;
}

/** Names to look at and when, each name once. Pure: time is given. Those due at the same time come in the order asked. */
export class DueLooks<Folder extends object> {
  readonly #looks = new Map<Folder, Map<ByteString, DueLook<Folder>>>();
  /** Binary heap by (dueMs, order); slots of looks that were taken or moved forward are skipped when met. */
  readonly #heap: Slot<Folder>[] = [];
  #order = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Asks for a look; one already asked for comes no later for it, and for all reasons at once. */
  add(folder: Folder, name: ByteString, why: { bits: number; dueMs: number; nowMs: number }): DueLook<Folder> {
    let names = this.#looks.get(folder);
    if (names === undefined) {
      names = new Map();
      this.#looks.set(folder, names);
    }
    let look = names.get(name);
    if (look === undefined) {
      look = {
        folder,
        name,
        bits: why.bits,
        dueMs: why.dueMs,
        sinceMs: why.nowMs,
        tries: 0,
        gathered: false,
      };
      names.set(name, look);
      this.#size += 1;
      this.#push(look);
      return look;
    }
    look.bits |= why.bits;
    if (why.dueMs < look.dueMs) {
      look.dueMs = why.dueMs;
      this.#push(look);
    }
    return look;
  }

  /** Does a look wait for one of these reasons, at a name or at any in the folder (null)? */
  waits(folder: Folder, name: ByteString | null, bits: number): boolean {
    const names = this.#looks.get(folder);
    if (names === undefined) return false;
    if (name !== null) return ((names.get(name)?.bits ?? 0) & bits) !== 0;
    for (const look of names.values()) if ((look.bits & bits) !== 0) return true;
    return false;
  }

  /** Why a name is to be looked at; 0 where it is not. */
  reasons(folder: Folder, name: ByteString): number {
    return this.#looks.get(folder)?.get(name)?.bits ?? 0;
  }

  /** A look that waits comes then, for that reason, too. @returns false where none waits, or it comes by then anyway. */
  hasten(folder: Folder, name: ByteString, why: { bits: number; dueMs: number }): boolean {
    const look = this.#looks.get(folder)?.get(name);
    if (look === undefined || look.dueMs <= why.dueMs) return false;
    look.bits |= why.bits;
    look.dueMs = why.dueMs;
    this.#push(look);
    return true;
  }

  /** Puts a look that was taken back, for later. */
  again(look: DueLook<Folder>, dueMs: number): void {
    const waiting = this.#looks.get(look.folder)?.get(look.name);
    if (waiting !== undefined) {
      waiting.bits |= look.bits;
      waiting.tries = Math.max(waiting.tries, look.tries);
      return;
    }
    const made = this.add(look.folder, look.name, { bits: look.bits, dueMs, nowMs: look.sinceMs });
    made.tries = look.tries;
    made.gathered = look.gathered;
  }

  /** The next look that is due; it is no longer waiting then. */
  take(nowMs: number): DueLook<Folder> | null {
    for (let top = this.#heap[0]; top !== undefined && top.dueMs <= nowMs; top = this.#heap[0]) {
      this.#pop();
      if (this.#isWaiting(top)) {
        this.#forget(top.look);
        return top.look;
      }
    }
    return null;
  }

  /** Takes the look at one name, due or not, because somebody looks there now. */
  takeFor(folder: Folder, name: ByteString): DueLook<Folder> | null {
    const look = this.#looks.get(folder)?.get(name);
    if (look === undefined) return null;
    this.#forget(look);
    return look;
  }

  /** When the next is due; Infinity where none waits. */
  nextMs(): number {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#isWaiting(top)) return top.dueMs;
      this.#pop();
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Since when the oldest waits; null where none does. Costs a pass over all that wait. */
  oldestSinceMs(): number | null {
    let oldest: number | null = null;
    for (const names of this.#looks.values()) {
      for (const look of names.values()) if (oldest === null || look.sinceMs < oldest) oldest = look.sinceMs;
    }
    return oldest;
  }

  /** Forgets all looks in a folder that is gone. @returns their names, and why they were to be looked at. */
  dropFolder(folder: Folder): readonly (readonly [ByteString, number])[] {
    const names = this.#looks.get(folder);
    if (names === undefined) return [];
    this.#size -= names.size;
    this.#looks.delete(folder);
    return [...names.values()].map(({ name, bits }) => [name, bits] as const);
  }

  #isWaiting(slot: Slot<Folder>): boolean {
    const waiting = this.#looks.get(slot.look.folder)?.get(slot.look.name);
    return waiting === slot.look && waiting.dueMs === slot.dueMs;
  }

  #forget(look: DueLook<Folder>): void {
    const names = this.#looks.get(look.folder);
    if (names?.delete(look.name) !== true) return;
    this.#size -= 1;
    if (names.size === 0) this.#looks.delete(look.folder);
  }

  #push(look: DueLook<Folder>): void {
    const heap = this.#heap;
    const slot = { look, dueMs: look.dueMs, order: this.#order++ };
    let at = heap.length;
    heap.push(slot);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Slot<Folder>;
      if (!isBefore(slot, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = slot;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Slot<Folder>)) child += 1;
      const least = heap[child] as Slot<Folder>;
      if (!isBefore(least, last)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore<Folder>(a: Slot<Folder>, b: Slot<Folder>): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}

/**
 * When a notice's name is to be looked at. At once, but for content: a file that is still being
 * written gathers changes for a while, and none is looked at before it had its rest.
 */
export function dueAtMs(bits: number, nowMs: number, file: { restUntilMs: number; sizeBytes: number }): number {
  if ((bits & (NOTICE.modified | NOTICE.written)) === 0) return nowMs;
  const isOpen = (bits & NOTICE.written) === 0;
  return Math.max(isOpen ? nowMs + gatherMs(file.sizeBytes) : nowMs, file.restUntilMs);
}

function gatherMs(sizeBytes: number): number {
  return Math.min(Math.max(GATHER_MS, (sizeBytes / GIB) * GATHER_MS_PER_GIB), GATHER_MS_MAX);
}

/** How long files that were just looked at are left alone, so that a busy file costs a bounded share of a processor. */
export class Rests<Item extends object> {
  readonly #until = new Map<Item, number>();

  looked(item: Item, endMs: number, costMs: number): void {
    this.#until.delete(item);
    this.#until.set(item, endMs + REST_FACTOR * costMs);
    if (this.#until.size > RESTS_MAX) for (const oldest of this.#until.keys()) return void this.#until.delete(oldest);
  }

  /** 0 for a file that was not looked at lately. */
  untilMs(item: Item | undefined): number {
    return item === undefined ? 0 : (this.#until.get(item) ?? 0);
  }

  drop(item: Item): void {
    this.#until.delete(item);
  }
}
