import { assert } from '../kernel/assert.ts';
import { bufferOf, type SharedMemory, type Sleep, sleepOf } from '../kernel/shared-memory.ts';
import { LocksOver } from './node-locks.ts';

/** So many flushes wait at the same time; the next ones keep the threads of their mounts waiting. */
export const PARKED_MAX = 4096;
const WORD = {
  /** 1 while flushes wait for the passive server. */
  holding: 0,
  /** Counts the places that became free; who finds none sleeps on it. */
  freed: 1,
  sleepers: 2,
} as const;
const HEADER_WORDS = 8;
/** Words of a place, and where the time begins, which is a number of 64 bits. */
const PLACE = { state: 0, uniqueLow: 1, uniqueHigh: 2, mount: 3, since: 4, written: 6 } as const;
const PLACE_WORDS = 8;
export const PARKED_BYTES = (HEADER_WORDS + PARKED_MAX * PLACE_WORDS) * 4;

/** Low bits of a place's state. Above them is a number that is another one each time the place is taken. */
const STATE = {
  free: 0,
  /** Is being filled in. */
  taken: 1,
  /** Neither this server nor the passive one has it on its disk. */
  awaitsBoth: 2,
  /** It is durable here. */
  awaitsThere: 3,
  /** It is durable there, or nobody waits for that. */
  awaitsHere: 4,
  /** Whoever let it go is about to write it. */
  answering: 5,
} as const;
const STATES = 8;
/** So often a thread that finds no place looks whether it is still wanted. */
const LOOK_EVERY_MS = 500;
const NONE = -1;

/** A reply that waits. A request's number is never used twice by the mount. */
export interface ParkedReply {
  readonly place: number;
  readonly uniqueLow: number;
  readonly uniqueHigh: number;
  /** Of those that share the memory. */
  readonly mount: number;
}

/** What became of a reply that is not to wait for the passive server any more. */
export type Release =
  /**
   * Whoever asked has to write it, now, and say so ({@link ParkedReplies.answered}). `sinceMs`: from then on only the passive
   * server was waited for. `writtenBytes`: that the reply tells of, where it is one to a write; 0 of a flush.
   */
  | { readonly kind: 'reply'; readonly sinceMs: number; readonly writtenBytes: number }
  /** The thread of the mount does, when it is durable here. */
  | { readonly kind: 'here' }
  /** Somebody did. */
  | { readonly kind: 'gone' };

/**
 * Replies to flushes (fsync and its like) that are given only when the passive server has what they cover, too. In
 * memory that the threads of all mounts share with those who know of the passive server. None holds up a thread: the
 * last of the two who waited, here and there, writes the reply.
 *
 * States of a place: free, taken, awaiting both; then either one first; then free.
 */
export class ParkedReplies {
  readonly #words: Int32Array;
  readonly #times: Float64Array;
  readonly #sleep: Sleep;
  #next = 0;

  constructor(memory: SharedMemory) {
    const buffer = bufferOf(memory);
    this.#words = new Int32Array(buffer, 0, PARKED_BYTES / 4);
    this.#times = new Float64Array(buffer, 0, PARKED_BYTES / 8);
    this.#sleep = sleepOf(memory);
  }

  /** Do flushes wait for the passive server? */
  get isHolding(): boolean {
    return Atomics.load(this.#words, WORD.holding) === 1;
  }

  /** From now on flushes wait, or don't. Who stops it then has to release those that do. */
  hold(isHolding: boolean): void {
    Atomics.store(this.#words, WORD.holding, isHolding ? 1 : 0);
    if (!isHolding) this.#wake(PARKED_MAX);
  }

  /**
   * For the thread of a mount: takes a place for the reply to a request, before its flush is begun.
   * @param writtenBytes - that the reply tells of; 0 where it tells of none.
   * @param isOver - is the thread to end?
   * @returns the place; -1 where nobody waits for the passive server.
   * @throws LocksOver where there is none, and the thread is to end.
   */
  take(request: Omit<ParkedReply, 'place'>, writtenBytes: number, isOver: () => boolean): number {
    while (this.isHolding) {
      const freed = Atomics.load(this.#words, WORD.freed);
      const place = this.#find();
      if (place === NONE) {
        // Whoever serves the mount next carries it out: to be answered it has to wait.
        if (isOver()) throw new LocksOver('a flush waits for a place, and the mount is served by this process no more');
        Atomics.add(this.#words, WORD.sleepers, 1);
        this.#sleep.wait(this.#words, WORD.freed, freed, LOOK_EVERY_MS);
        Atomics.sub(this.#words, WORD.sleepers, 1);
        continue;
      }
      const at = wordOf(place);
      this.#words[at + PLACE.uniqueLow] = request.uniqueLow | 0;
      this.#words[at + PLACE.uniqueHigh] = request.uniqueHigh | 0;
      this.#words[at + PLACE.mount] = request.mount;
      this.#words[at + PLACE.written] = writtenBytes;
      this.#times[(at + PLACE.since) / 2] = Number.POSITIVE_INFINITY;
      this.#set(at, STATE.awaitsBoth);
      if (this.isHolding) return place;
      // Who stopped it may have looked before this was there.
      this.drop(place);
    }
    return NONE;
  }

  /** For the thread of a mount: it answers by itself, for the flush failed here. */
  drop(place: number): void {
    this.#free(wordOf(place));
  }

  /**
   * For the thread of a mount: the flush is done here.
   * @returns true where it has to answer itself; false where somebody else will.
   */
  doneHere(place: number, nowMs: number): boolean {
    const at = wordOf(place);
    this.#times[(at + PLACE.since) / 2] = nowMs;
    const state = Atomics.load(this.#words, at);
    assert(stateOf(state) === STATE.awaitsBoth || stateOf(state) === STATE.awaitsHere, 'a place is its thread’s');
    if (stateOf(state) === STATE.awaitsBoth && this.#swap(at, state, STATE.awaitsThere)) return false;
    this.#free(at);
    return true;
  }

  /** The passive server has it, or nobody waits for that any more. */
  release({ place, uniqueLow, uniqueHigh, mount }: ParkedReply): Release {
    const at = wordOf(place);
    for (;;) {
      const state = Atomics.load(this.#words, at);
      const is = stateOf(state);
      if (is !== STATE.awaitsBoth && is !== STATE.awaitsThere) return { kind: 'gone' };
      const words = this.#words;
      const isIt =
        words[at + PLACE.uniqueLow] === (uniqueLow | 0) &&
        words[at + PLACE.uniqueHigh] === (uniqueHigh | 0) &&
        words[at + PLACE.mount] === mount;
      const sinceMs = this.#times[(at + PLACE.since) / 2] as number;
      const writtenBytes = words[at + PLACE.written] as number;
      // Another one has the place by now.
      if (!isIt && Atomics.load(words, at) === state) return { kind: 'gone' };
      if (!isIt) continue;
      if (is === STATE.awaitsBoth) {
        if (this.#swap(at, state, STATE.awaitsHere)) return { kind: 'here' };
      } else if (this.#swap(at, state, STATE.answering)) return { kind: 'reply', sinceMs, writtenBytes };
    }
  }

  /** The reply that {@link release} gave to write is written. */
  answered({ place }: Pick<ParkedReply, 'place'>): void {
    this.#free(wordOf(place));
  }

  /**
   * For a process that takes over. Those that this server had on its disk wait on for the passive one, also one that
   * may have been answered; the others' requests are carried out again.
   */
  begin(): void {
    Atomics.store(this.#words, WORD.sleepers, 0);
    for (let place = 0; place < PARKED_MAX; place++) {
      const at = wordOf(place);
      const is = stateOf(Atomics.load(this.#words, at));
      if (is === STATE.answering) this.#set(at, STATE.awaitsThere);
      else if (is !== STATE.awaitsThere && is !== STATE.free) this.#free(at);
    }
  }

  /** Those that wait for the passive server, since when each does alone; infinite where this one has not done it either. */
  waiting(): (ParkedReply & { readonly sinceMs: number })[] {
    const found: (ParkedReply & { readonly sinceMs: number })[] = [];
    for (let place = 0; place < PARKED_MAX; place++) {
      const at = wordOf(place);
      const state = Atomics.load(this.#words, at);
      if (stateOf(state) !== STATE.awaitsBoth && stateOf(state) !== STATE.awaitsThere) continue;
      const [uniqueLow = 0, uniqueHigh = 0, mount = 0] = this.#words.subarray(at + PLACE.uniqueLow, at + PLACE.since);
      const sinceMs = this.#times[(at + PLACE.since) / 2] as number;
      const reply = { place, uniqueLow: uniqueLow >>> 0, uniqueHigh: uniqueHigh >>> 0, mount, sinceMs };
      if (Atomics.load(this.#words, at) === state) found.push(reply);
    }
    return found;
  }

  /** The mount has ended: nobody is there to be answered. */
  forget(mount: number): void {
    for (let place = 0; place < PARKED_MAX; place++) {
      const at = wordOf(place);
      const is = stateOf(Atomics.load(this.#words, at));
      if (is !== STATE.free && this.#words[at + PLACE.mount] === mount) this.#free(at);
    }
  }

  /** Takes a free place. @returns -1 where there is none. */
  #find(): number {
    for (let tried = 0; tried < PARKED_MAX; tried++) {
      const place = (this.#next + tried) % PARKED_MAX;
      const at = wordOf(place);
      const state = Atomics.load(this.#words, at);
      if (stateOf(state) !== STATE.free) continue;
      if (Atomics.compareExchange(this.#words, at, state, (state + STATES + STATE.taken) | 0) !== state) continue;
      this.#next = (place + 1) % PARKED_MAX;
      return place;
    }
    return NONE;
  }

  #set(at: number, to: number): void {
    const state = Atomics.load(this.#words, at);
    Atomics.store(this.#words, at, (state - stateOf(state) + to) | 0);
  }

  #swap(at: number, state: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, at, state, (state - stateOf(state) + to) | 0) === state;
  }

  #free(at: number): void {
    this.#set(at, STATE.free);
    this.#freed();
  }

  #freed(): void {
    Atomics.add(this.#words, WORD.freed, 1);
    if (Atomics.load(this.#words, WORD.sleepers) > 0) this.#wake(1);
  }

  #wake(count: number): void {
    this.#sleep.wake(this.#words, WORD.freed, count);
  }
}

function wordOf(place: number): number {
  return HEADER_WORDS + place * PLACE_WORDS;
}

/** Also of a state that wrapped below zero. */
function stateOf(state: number): number {
  return state & (STATES - 1);
}
