import { assert } from '../kernel/assert.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { KIB } from '../kernel/units.ts';
import { EXCLUSION_BYTES } from './exclusion-words.ts';
import { PLAIN_FILES_BYTES, PlainFiles } from './plain-files.ts';

/*
 * What the threads of one mount share with its owner and with who changes something underneath, besides ring and
 * locks: the way it is served, what is protected, what the kernel may remember, who has what open, and which files are
 * without capabilities.
 */

/** Words at the beginning. */
const WAY_AT = 0;
/** Descriptors below this one may stand in the table of open files. */
const HIGHEST_AT = 1;
const KNOWN_FROM = 16;
const KNOWN_BITS = 2 ** 20;
const KNOWN_WORDS = KNOWN_BITS / 32;
/** 1 once any bit is set. */
const ANY_KNOWN_AT = 2;
const OPEN_FROM = KNOWN_FROM + KNOWN_WORDS;
const OPEN_ENTRIES = 65_536;
const OPEN_WORDS = 4;
const OPEN = { low: 0, high: 1, thread: 2, state: 3 } as const;
const GUARDED_FROM = OPEN_FROM + OPEN_ENTRIES * OPEN_WORDS;
/** Version, odd while it is written, and length of the text behind. */
const GUARDED_HEAD_WORDS = 2;
const GUARDED_TEXT_BYTES_MAX = 256 * KIB;
const PLAIN_FROM = GUARDED_FROM + GUARDED_HEAD_WORDS + GUARDED_TEXT_BYTES_MAX / 4;
/** What is excluded stands behind it. */
const WORDS = PLAIN_FROM + (PLAIN_FILES_BYTES + EXCLUSION_BYTES) / 4;

/** How a mount is served. */
export const WAY = {
  /** The active server's: changes pass through and are recorded. */
  record: 0,
  /** The passive server's: changes of what is protected are refused; nothing is recorded, and others change it underneath. */
  refuse: 1,
} as const;
export type Way = (typeof WAY)[keyof typeof WAY];

export function makeWayMemory(way: Way): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(WORDS * 4);
  new MountWay(memory).set(way);
  return memory;
}

/** Known only while the active server's way lasts; in the other one Apply changes what lies underneath. */
export function plainFilesIn(memory: SharedArrayBuffer): PlainFiles {
  return new PlainFiles(memory, PLAIN_FROM * 4);
}

/** One word, which a thread reads once for each request, after it has begun its turn. */
export class MountWay {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  get(): Way {
    return Atomics.load(this.#words, WAY_AT) as Way;
  }

  set(way: Way): void {
    Atomics.store(this.#words, WAY_AT, way);
  }
}

/** What of a mount is protected. With one byte in each character. */
export interface Guarded {
  /** Path of the mount, as it is protected. */
  readonly folder: ByteString;
  readonly include: readonly ByteString[];
  readonly exclude: readonly ByteString[];
}

/** What is protected, which may become something else while the mount is served. One writer. */
export class GuardedWords {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, GUARDED_FROM * 4, GUARDED_HEAD_WORDS);
    this.#bytes = new Uint8Array(memory, (GUARDED_FROM + GUARDED_HEAD_WORDS) * 4, GUARDED_TEXT_BYTES_MAX);
  }

  /** Another number means that something else is protected. */
  get version(): number {
    return Atomics.load(this.#words, 0);
  }

  /** @returns false where it has no room. */
  set(guarded: Guarded): boolean {
    const text = Buffer.from(JSON.stringify(guarded));
    if (text.length > GUARDED_TEXT_BYTES_MAX) return false;
    Atomics.add(this.#words, 0, 1);
    this.#bytes.set(text);
    Atomics.store(this.#words, 1, text.length);
    Atomics.add(this.#words, 0, 1);
    return true;
  }

  get(): Guarded {
    for (;;) {
      const { version } = this;
      const text = Buffer.from(this.#bytes.slice(0, Atomics.load(this.#words, 1))).toString();
      if ((version & 1) === 0 && version === this.version) return JSON.parse(text) as Guarded;
    }
  }
}

/**
 * Nodes of which the kernel may remember content, or what stands in them: files that were opened through the mount,
 * folders that were listed. A bit stands for many nodes; none is ever taken back. It is set before what it is about is
 * read, and looked at after that was changed: so either the reader meets the change, or who made it meets the bit.
 */
export class KnownNodes {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** @param low - of its number. */
  add(low: number): void {
    const at = KNOWN_FROM + ((low >>> 5) & (KNOWN_WORDS - 1));
    const bit = 1 << (low & 31);
    if ((Atomics.load(this.#words, at) & bit) !== 0) return;
    Atomics.or(this.#words, at, bit);
    Atomics.store(this.#words, ANY_KNOWN_AT, 1);
  }

  /** It may know any. */
  addAll(): void {
    for (let at = KNOWN_FROM; at < OPEN_FROM; at++) Atomics.store(this.#words, at, -1);
    Atomics.store(this.#words, ANY_KNOWN_AT, 1);
  }

  get isEmpty(): boolean {
    return Atomics.load(this.#words, ANY_KNOWN_AT) === 0;
  }

  has(low: number): boolean {
    const at = KNOWN_FROM + ((low >>> 5) & (KNOWN_WORDS - 1));
    return (Atomics.load(this.#words, at) & (1 << (low & 31))) !== 0;
  }
}

/** How a file is open, as bits. */
export const OPENED = { used: 1, forWriting: 2, asProgram: 4 } as const;

/** A file that somebody has open through the mount. */
export interface OpenedFile {
  readonly low: number;
  readonly high: number;
  /** Of the thread that opened it; 0 where it is not known. */
  readonly threadId: number;
  readonly forWriting: boolean;
  readonly asProgram: boolean;
}

/**
 * Who has which file open through the mount, by our descriptor of it underneath: from before it is answered that it is
 * open, until it is closed and no longer mapped by anybody. Of descriptors from 65,536 on nothing is known.
 */
export class OpenedFiles {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  open(descriptor: number, node: { readonly low: number; readonly high: number }, threadId: number, how: number): void {
    assert(descriptor >= 0, 'a file that is open has a descriptor');
    if (descriptor >= OPEN_ENTRIES) return;
    const [words, at] = [this.#words, placeOf(descriptor)];
    Atomics.store(words, at + OPEN.low, node.low);
    Atomics.store(words, at + OPEN.high, node.high);
    Atomics.store(words, at + OPEN.thread, threadId);
    Atomics.store(words, at + OPEN.state, OPENED.used | how);
    for (;;) {
      const highest = Atomics.load(words, HIGHEST_AT);
      if (descriptor < highest) return;
      if (Atomics.compareExchange(words, HIGHEST_AT, highest, descriptor + 1) === highest) return;
    }
  }

  /** Before the descriptor is closed: another file gets its number. */
  close(descriptor: number): void {
    if (descriptor < OPEN_ENTRIES) Atomics.store(this.#words, placeOf(descriptor) + OPEN.state, 0);
  }

  /** Of one node, or of all. @param low - of its number. */
  of(low: number | null = null): OpenedFile[] {
    const words = this.#words;
    const found: OpenedFile[] = [];
    const highest = Atomics.load(words, HIGHEST_AT);
    for (let descriptor = 0; descriptor < highest; descriptor++) {
      const at = placeOf(descriptor);
      const state = Atomics.load(words, at + OPEN.state);
      if ((state & OPENED.used) === 0) continue;
      const its = Atomics.load(words, at + OPEN.low) >>> 0;
      if (low !== null && its !== low >>> 0) continue;
      found.push({
        low: its,
        high: Atomics.load(words, at + OPEN.high) >>> 0,
        threadId: Atomics.load(words, at + OPEN.thread),
        forWriting: (state & OPENED.forWriting) !== 0,
        asProgram: (state & OPENED.asProgram) !== 0,
      });
    }
    return found;
  }
}

function placeOf(descriptor: number): number {
  return OPEN_FROM + descriptor * OPEN_WORDS;
}
