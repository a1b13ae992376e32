import { bufferOf, type SharedMemory, type Sleep, sleepOf } from '../kernel/shared-memory.ts';
import { freeWord, takeWord } from './node-locks.ts';

/** Open files of one mount at once. */
export const HANDLES_MAX = 262_144;
/** Of each handle: in use or not and its generation, the node, and the flags it is opened with underneath. */
const ENTRY_WORDS = 4;
const ENTRY = { use: 0, low: 1, high: 2, flags: 3 } as const;
/** Before the entries: how many of them were ever in use; how many files without a name are held for this mount. */
const HEAD_WORDS = 4;
const REACH = 0;
const KEPT = 1;
export const HANDLE_TABLE_BYTES = (HEAD_WORDS + HANDLES_MAX * ENTRY_WORDS) * 4;
const USED = -0x8000_0000;
const GENERATION_BITS = 0x7fff_ffff;

/** The process's own words: a lock, one that stays 0, and how many handles are free again. */
const OWN = { lock: 0, never: 1, free: 2 } as const;
const OWN_HEAD_WORDS = 4;
/** How many handles nodes have, by their number: 0 means that such a node is open nowhere. */
const COUNTS = 4096;
const COUNTS_FROM = OWN_HEAD_WORDS;
const FREE_FROM = COUNTS_FROM + COUNTS;
/** Descriptors of this process, counted from 1; 0 is a handle that it has not opened yet. */
const DESCRIPTORS_FROM = FREE_FROM + HANDLES_MAX;
export const OWN_HANDLES_BYTES = (DESCRIPTORS_FROM + HANDLES_MAX) * 4;

/** No descriptor of this process. */
export const NOT_OPENED = -1;
const FULL = -1;

/** An open file: what it takes to open it again. */
export interface OpenedNode {
  readonly low: number;
  readonly high: number;
  readonly flags: number;
}

/**
 * Open files of a mount. What they are stands in memory that outlives the process; their descriptors are the
 * process's own, and stand in memory that only its threads see.
 */
export class HandleTable {
  readonly #words: Int32Array;
  readonly #own: Int32Array;
  readonly #sleep: Sleep;
  /** Of the handle that {@link take} gave last. */
  generation = 0;

  /** @param own - from `new SharedArrayBuffer(OWN_HANDLES_BYTES)`. */
  constructor(memory: SharedMemory, own: SharedArrayBuffer) {
    this.#words = new Int32Array(bufferOf(memory), 0, HEAD_WORDS + HANDLES_MAX * ENTRY_WORDS);
    this.#own = new Int32Array(own);
    this.#sleep = sleepOf(own);
  }

  /** Files without a name that somebody holds beyond this process. */
  get kept(): number {
    return Atomics.load(this.#words, KEPT);
  }
  set kept(count: number) {
    Atomics.store(this.#words, KEPT, count);
  }

  /** For a process that has none of the descriptors, before its threads start. */
  learn(): void {
    const reach = Atomics.load(this.#words, REACH);
    for (let handle = reach - 1; handle >= 0; handle--) {
      const at = HEAD_WORDS + handle * ENTRY_WORDS;
      if (Atomics.load(this.#words, at) < 0) this.#count(this.#word(at + ENTRY.low), 1);
      else this.#own[FREE_FROM + Atomics.add(this.#own, OWN.free, 1)] = handle;
    }
  }

  /** @returns the handle's place, or -1 where there are too many. */
  take({ low, high, flags }: OpenedNode, descriptor: number): number {
    const [words, own] = [this.#words, this.#own];
    takeWord(own, OWN.lock, OWN.never, this.#sleep);
    const handle = this.#place();
    if (handle !== FULL) {
      const at = HEAD_WORDS + handle * ENTRY_WORDS;
      const generation = (Atomics.load(words, at) + 1) & GENERATION_BITS || 1;
      Atomics.store(words, at + ENTRY.low, low);
      Atomics.store(words, at + ENTRY.high, high);
      Atomics.store(words, at + ENTRY.flags, flags);
      Atomics.store(own, DESCRIPTORS_FROM + handle, descriptor + 1);
      Atomics.store(words, at, generation | USED);
      this.#count(low, 1);
      this.generation = generation;
    }
    freeWord(own, OWN.lock, this.#sleep);
    return handle;
  }

  /** The descriptor of this process, or NOT_OPENED. */
  descriptorOf(handle: number): number {
    return handle < HANDLES_MAX ? Atomics.load(this.#own, DESCRIPTORS_FROM + handle) - 1 : NOT_OPENED;
  }

  /** What a handle is of; null where there is none of that generation. */
  nodeOf(handle: number, generation: number): OpenedNode | null {
    if (!this.#is(handle, generation)) return null;
    const at = HEAD_WORDS + handle * ENTRY_WORDS;
    return { low: this.#word(at + ENTRY.low), high: this.#word(at + ENTRY.high), flags: this.#word(at + ENTRY.flags) };
  }

  /** It was opened again. @returns false where another thread did so before. */
  opened(handle: number, descriptor: number): boolean {
    return Atomics.compareExchange(this.#own, DESCRIPTORS_FROM + handle, 0, descriptor + 1) === 0;
  }

  /** Nobody has it any more. @returns the descriptor that is to be closed, or NOT_OPENED. */
  free(handle: number, generation: number): number {
    if (!this.#is(handle, generation)) return NOT_OPENED;
    const [words, own] = [this.#words, this.#own];
    takeWord(own, OWN.lock, OWN.never, this.#sleep);
    const at = HEAD_WORDS + handle * ENTRY_WORDS;
    this.#count(this.#word(at + ENTRY.low), -1);
    Atomics.store(words, at, generation);
    const descriptor = Atomics.exchange(own, DESCRIPTORS_FROM + handle, 0) - 1;
    own[FREE_FROM + Atomics.add(own, OWN.free, 1)] = handle;
    freeWord(own, OWN.lock, this.#sleep);
    return descriptor;
  }

  /** Has the node a handle? */
  isOpen(low: number, high: number): boolean {
    if (Atomics.load(this.#own, COUNTS_FROM + (low % COUNTS)) === 0) return false;
    const reach = Atomics.load(this.#words, REACH);
    for (let at = HEAD_WORDS; at < HEAD_WORDS + reach * ENTRY_WORDS; at += ENTRY_WORDS) {
      if (this.#words[at + ENTRY.low] !== (low | 0) || this.#words[at + ENTRY.high] !== (high | 0)) continue;
      if (Atomics.load(this.#words, at) < 0) return true;
    }
    return false;
  }

  #place(): number {
    const free = Atomics.load(this.#own, OWN.free);
    if (free > 0) {
      Atomics.store(this.#own, OWN.free, free - 1);
      return this.#own[FREE_FROM + free - 1] as number;
    }
    const reach = Atomics.load(this.#words, REACH);
    if (reach >= HANDLES_MAX) return FULL;
    Atomics.store(this.#words, REACH, reach + 1);
    return reach;
  }

  #is(handle: number, generation: number): boolean {
    if (handle < 0 || handle >= HANDLES_MAX) return false;
    return Atomics.load(this.#words, HEAD_WORDS + handle * ENTRY_WORDS) === (generation | USED);
  }

  #count(low: number, by: number): void {
    Atomics.add(this.#own, COUNTS_FROM + (low % COUNTS), by);
  }

  #word(at: number): number {
    return Atomics.load(this.#words, at) >>> 0;
  }
}
