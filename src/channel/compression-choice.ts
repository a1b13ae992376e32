import type { MonotonicMs } from '../kernel/units.ts';
import { MIB } from '../kernel/units.ts';

/** What a data connection did since the look before. */
export interface LinkLook {
  /** Part of the time in which something waited for the link (or for the rate it is held to), from 0 to 1. */
  readonly waiting: number;
  /** What the link carries; null where it was never the bottleneck. */
  readonly linkBytesPerSecond: number | null;
  /** Bytes of frames that were there to be sent, before compression. */
  readonly frameBytesPerSecond: number;
  /** How busy the thread that would compress is, and the one at the other end: 0 to 1. */
  readonly busy: number;
  readonly peerBusy: number;
}

/** Looks are made that far apart. */
export const LOOK_MS = 250;
/** The link is the bottleneck where something waits for it that part of the time, … */
const WAITING_MIN = 0.6;
/** … for so many looks, … */
const LOOKS_MIN = 2;
/** … while the processors have that much left. */
const BUSY_MAX_BEFORE = 0.6;
/** For a link that carries no more, compressing takes a few hundredths of a processor: it need not be idle. */
const CHEAP_BYTES_PER_SECOND_MAX = 4 * MIB;
/** Nothing is gained beyond: encrypting, hashing and writing take as long by then. */
const LINK_BYTES_PER_SECOND_MAX = 64 * MIB;
/** A thread that is busier than that, with a link that waits for it, is the bottleneck. */
const BUSY_MAX = 0.9;
const WAITING_MAX_BEHIND = 0.5;
/** So much less than the link would carry as it is, for that many looks, and there is nothing to be gained. */
const NEED_MIN = 0.5;
const LOOKS_WITHOUT_NEED = 12;
/** After the processor was the bottleneck it is not tried again for so long, twice as long each time. */
const PAUSE_MS_MIN = 5000;
const PAUSE_MS_MAX = 80_000;

/**
 * Decides while running whether frames are compressed: where the link is the bottleneck, and as long as the
 * processor is not. Pure.
 */
export class CompressionChoice {
  #isOn = false;
  #looks = 0;
  #pauseMs = PAUSE_MS_MIN;
  #notBefore = Number.NEGATIVE_INFINITY;

  get isOn(): boolean {
    return this.#isOn;
  }

  look(seen: LinkLook, now: MonotonicMs): void {
    if (this.#isOn) this.#whileOn(seen, now);
    else this.#whileOff(seen, now);
  }

  #whileOff(seen: LinkLook, now: MonotonicMs): void {
    const { waiting, linkBytesPerSecond: link } = seen;
    const isThin = waiting >= WAITING_MIN && link !== null && link <= LINK_BYTES_PER_SECOND_MAX;
    const hasTime = isCheap(seen) || Math.max(seen.busy, seen.peerBusy) <= BUSY_MAX_BEFORE;
    this.#looks = isThin && hasTime ? this.#looks + 1 : 0;
    if (this.#looks < LOOKS_MIN || now < this.#notBefore) return;
    this.#isOn = true;
    this.#looks = 0;
  }

  #whileOn(seen: LinkLook, now: MonotonicMs): void {
    const isBusy = Math.max(seen.busy, seen.peerBusy) > BUSY_MAX;
    if (isBusy && seen.waiting < WAITING_MAX_BEHIND && !isCheap(seen)) {
      this.#isOn = false;
      this.#looks = 0;
      this.#notBefore = now + this.#pauseMs;
      this.#pauseMs = Math.min(PAUSE_MS_MAX, 2 * this.#pauseMs);
      return;
    }
    const isNeeded = seen.frameBytesPerSecond >= NEED_MIN * (seen.linkBytesPerSecond ?? 0);
    this.#looks = isNeeded ? 0 : this.#looks + 1;
    if (this.#looks < LOOKS_WITHOUT_NEED) return;
    this.#isOn = false;
    this.#looks = 0;
    this.#pauseMs = PAUSE_MS_MIN;
  }
}

function isCheap({ linkBytesPerSecond }: LinkLook): boolean {
  return linkBytesPerSecond !== null && linkBytesPerSecond <= CHEAP_BYTES_PER_SECOND_MAX;
}
