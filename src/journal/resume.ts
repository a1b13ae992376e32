import type { Position } from '../changes/change.ts';

/** What the sender still holds of its epoch's stream. */
export interface SenderStream {
  readonly epoch: number;
  /** Sequence of the oldest record held; one more than `last` where none is. */
  readonly first: number;
  /** Sequence of the newest record made; 0 at the start of an epoch. */
  readonly last: number;
}

export type ResumeDecision =
  /** The next record the receiver gets is the one that follows `after`. */
  | { readonly kind: 'continue'; readonly after: Position }
  /** Records are missing between the two: the sender begins a new epoch and states everything again. */
  | { readonly kind: 'gap' };

/**
 * From where the stream goes on after a (re)connection. The receiver may hold more than was ever
 * acknowledged, never less. What it holds beyond `last` in this epoch the sender has lost in a crash
 * and may have numbered anew: that is a gap too.
 */
export function decideResume(options: { sender: SenderStream; durable: Position }): ResumeDecision {
  const { sender, durable } = options;
  if (durable.epoch === sender.epoch) {
    const held = sender.first - 1 <= durable.sequence && durable.sequence <= sender.last;
    return held ? { kind: 'continue', after: durable } : { kind: 'gap' };
  }
  if (durable.epoch < sender.epoch && sender.first <= 1) {
    return { kind: 'continue', after: { epoch: sender.epoch, sequence: 0 } };
  }
  return { kind: 'gap' };
}
