import type { LossBrake } from '../../apply/loss-brake.ts';
import { LOOK_MS } from '../../apply/loss-foresight.ts';
import { type Change, comparePositions, ORIGIN, type Position } from '../../changes/change.ts';
import { readRecords } from '../../changes/codec.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { ReceiveQueue } from './receive-queue.ts';

/** Records are looked at for so long at a time, so much of the queue at once. */
const TURN_MS = 5;
const TURN_BYTES = 256 * 1024;

interface LookoutOptions {
  readonly brake: Pick<LossBrake, 'foresight'>;
  readonly queue: Pick<ReceiveQueue, 'read' | 'last' | 'condition'>;
  readonly now: () => MonotonicMs;
}

/**
 * Looks ahead in the receive queue where names begin to go one by one: Apply stands before the first of them until it is
 * known whether they are a mass loss. What is received meanwhile is made durable and acknowledged as ever; it is looked at
 * before, for what waits to be made durable is no less on its way.
 */
export class LossLookout {
  readonly #options: LookoutOptions;
  /** Records up to here were looked at; null while Apply need not wait. */
  #met: Position | null = null;
  /** The record that Apply stands before. */
  #stoppedAt: Position = ORIGIN;
  /** Names that go up to here are no mass loss. */
  #clearedTo: Position = ORIGIN;

  constructor(options: LookoutOptions) {
    this.#options = options;
  }

  get isWaiting(): boolean {
    return this.#met !== null;
  }

  /** Are there records that it has not looked at, and should? */
  get isBehind(): boolean {
    return this.#met !== null && comparePositions(this.#met, this.#options.queue.last) < 0;
  }

  /** Must Apply stand still before this record? @param applied - position of the one before. */
  stops({ position, change }: { readonly position: Position; readonly change: Change }, applied: Position): boolean {
    if (change.kind !== 'unlink' && change.kind !== 'rename') return false;
    if (comparePositions(position, this.#clearedTo) <= 0 || !this.#options.brake.foresight.begins(change)) return false;
    this.#met = applied;
    this.#stoppedAt = position;
    return true;
  }

  /** Looks on, and lets Apply go where it may. @returns milliseconds until there is more to do. */
  step(): number {
    if (this.#met === null) return Number.POSITIVE_INFINITY;
    const isAll = this.#meetMore(this.#options.now() + TURN_MS);
    if (this.isBehind && !isAll) return 0;
    this.#judge(isAll || this.#isFull);
    return this.#met === null ? 0 : LOOK_MS;
  }

  /** What was received will not go on: it is decided now. */
  decide(): void {
    if (this.#met === null) return;
    this.#meetMore(Number.POSITIVE_INFINITY);
    this.#judge(true);
  }

  /** The stream begins anew. */
  restart(): void {
    this.#met = null;
    this.#clearedTo = ORIGIN;
    this.#options.brake.foresight.forget();
  }

  #judge(isAll: boolean): void {
    const verdict = this.#options.brake.foresight.judge(isAll);
    if (verdict === 'wait') return;
    if (verdict === 'go') this.#clearedTo = laterOf(this.#met ?? ORIGIN, this.#stoppedAt);
    this.#met = null;
  }

  /** @returns true where what follows is another stream, or can't be read. */
  #meetMore(until: number): boolean {
    const { queue, brake, now } = this.#options;
    while (this.#met !== null && this.isBehind && now() < until) {
      const batch = queue.read(this.#met, TURN_BYTES);
      if (batch === null) return true;
      for (const { position, change } of readRecords(batch.records)) {
        if (position.epoch !== this.#stoppedAt.epoch) return true;
        brake.foresight.meet(change);
        this.#met = position;
      }
    }
    return false;
  }

  /** Does the queue need Apply to go on? */
  get #isFull(): boolean {
    const { isHeld, isDiskFull, freeBytes, freeBytesMin } = this.#options.queue.condition();
    return isHeld || isDiskFull || freeBytes < freeBytesMin;
  }
}

function laterOf(one: Position, other: Position): Position {
  return comparePositions(one, other) < 0 ? other : one;
}
