import type { MonotonicMs } from '../kernel/units.ts';

/** Figures are made anew that often. */
const EVERY_MS = 1000;

/** What goes over the data connection at present, as users see it. */
export interface DataFlow {
  readonly sentBytesPerSecond: number;
  readonly receivedBytesPerSecond: number;
  /** Are frames compressed at the moment? */
  readonly compressing: boolean;
  /** How many bytes of content one sent byte stands for; null while nothing is sent. */
  readonly compressionRatio: number | null;
}

interface Totals {
  readonly frameBytes: number;
  readonly linkBytes: number;
  readonly receivedBytes: number;
}

const NOTHING: Totals = { frameBytes: 0, linkBytes: 0, receivedBytes: 0 };
const IDLE: DataFlow = {
  sentBytesPerSecond: 0,
  receivedBytesPerSecond: 0,
  compressing: false,
  compressionRatio: null,
};

/** Makes rates out of the totals of one data connection. Pure. */
export class FlowMeter {
  #from: Totals = NOTHING;
  #at: MonotonicMs | null = null;
  #flow = IDLE;

  get flow(): DataFlow {
    return this.#flow;
  }

  /** A connection begins, or there is none: its totals begin at 0. */
  reset(now: MonotonicMs): void {
    this.#from = NOTHING;
    this.#at = now;
    this.#flow = IDLE;
  }

  /** @param totals - since the last reset. */
  note(totals: Totals, compressing: boolean, now: MonotonicMs): void {
    const lastedMs = now - (this.#at ?? now);
    if (lastedMs < EVERY_MS) return;
    const perSecond = (bytes: number): number => Math.round((bytes * 1000) / lastedMs);
    const frameBytes = totals.frameBytes - this.#from.frameBytes;
    const linkBytes = totals.linkBytes - this.#from.linkBytes;
    this.#flow = {
      sentBytesPerSecond: perSecond(linkBytes),
      receivedBytesPerSecond: perSecond(totals.receivedBytes - this.#from.receivedBytes),
      compressing,
      compressionRatio: linkBytes === 0 ? null : Math.round((frameBytes / linkBytes) * 100) / 100,
    };
    this.#from = totals;
    this.#at = now;
  }
}
