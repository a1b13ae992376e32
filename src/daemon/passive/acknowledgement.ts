import { comparePositions, ORIGIN, type Position } from '../../changes/change.ts';
import type { ReceiveQueue } from './receive-queue.ts';

/** What the active server need not keep any more, and what is applied for good. */
interface Acknowledged {
  readonly durable: Position;
  readonly applied: Position;
}

const NOTHING: Acknowledged = { durable: ORIGIN, applied: ORIGIN };

/** Tells the active server how far the passive one is, where that is news. */
export class Acknowledgement {
  readonly #queue: ReceiveQueue;
  #told = NOTHING;

  constructor(queue: ReceiveQueue) {
    this.#queue = queue;
  }

  /** What was told last may not have arrived. */
  forget(): void {
    this.#told = NOTHING;
  }

  /** @param applied - by the last checkpoint. @returns what is to be told; null where it was. */
  next(applied: Position): Acknowledged | null {
    const durable = this.#queue.acknowledgeable(this.#told.durable, applied);
    const isTold = comparePositions(durable, this.#told.durable) === 0;
    if (isTold && comparePositions(applied, this.#told.applied) === 0) return null;
    this.#told = { durable, applied };
    return this.#told;
  }
}
