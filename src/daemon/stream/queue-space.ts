import type { MonotonicMs } from '../../kernel/units.ts';
import { MIB } from '../../kernel/units.ts';

/** The bounds of one queue, in bytes. */
export interface QueueLimits {
  /** Of its records. */
  readonly sizeBytesMax: number;
  /** Free space that it leaves on its disk. */
  readonly freeBytesMin: number;
}

/** How one queue and its disk stand, for findings. */
export interface QueueCondition extends QueueLimits {
  readonly directory: string;
  readonly bytes: number;
  /** On its disk, at the last look; right to about a second. */
  readonly freeBytes: number;
  /** Nothing can be written there at the moment. */
  readonly isDiskFull: boolean;
  /** A bound was met: the send queue was given up, or the receive queue asks for no more. */
  readonly isHeld: boolean;
}

/** The free space is asked for again after so much was written, … */
const LOOK_AFTER_BYTES = MIB;
/** … and after so long. */
const LOOK_EVERY_MS = 1000;
/** A disk that refused a write counts as full for so long, … */
const FULL_MS = 3000;
/** … and until it has so much free: less is taken by somebody else before it can be used. */
const ROOM_BYTES = MIB;

/** The disk under a queue: how much is free there, and whether it refused. */
export class QueueSpace {
  readonly limits: QueueLimits;
  readonly #freeBytesOf: () => number;
  readonly #now: () => MonotonicMs;
  #freeBytes = Number.POSITIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #writtenBytes = 0;
  #refusedAt: number | null = null;

  constructor(options: { limits: QueueLimits; freeBytes: () => number; now: () => MonotonicMs }) {
    this.limits = options.limits;
    this.#freeBytesOf = options.freeBytes;
    this.#now = options.now;
  }

  get freeBytes(): number {
    this.#look(this.#now());
    return this.#freeBytes;
  }

  /** May the queue not grow, because too little is left beside it? */
  get isShort(): boolean {
    return this.freeBytes < this.limits.freeBytesMin;
  }

  /** Did the disk refuse, and is there still no room to speak of? */
  get isFull(): boolean {
    if (this.#refusedAt === null) return false;
    if (this.#now() - this.#refusedAt < FULL_MS) return true;
    return this.freeBytes < ROOM_BYTES;
  }

  /** So much was written to the queue. */
  wrote(bytes: number): void {
    this.#refusedAt = null;
    this.#writtenBytes += bytes;
  }

  /** A write found no space. */
  refused(): void {
    this.#refusedAt = this.#now();
    this.#lookedAt = Number.NEGATIVE_INFINITY;
  }

  /** Something was given back. */
  freed(): void {
    this.#lookedAt = Number.NEGATIVE_INFINITY;
  }

  #look(now: MonotonicMs): void {
    if (now - this.#lookedAt < LOOK_EVERY_MS && this.#writtenBytes < LOOK_AFTER_BYTES) return;
    this.#freeBytes = this.#freeBytesOf();
    this.#lookedAt = now;
    this.#writtenBytes = 0;
  }
}
