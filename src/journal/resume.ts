import type { Position } from '../changes/change.ts';

/** What the sender still holds of its stream. */
export interface SenderStream {
  readonly epoch: number;
  /** Oldest record held; null where none is. */
  readonly first: Position | null;
  /** Newest record made; sequence 0 at the start of an epoch. */
  readonly last: Position;
}

export type ResumeDecision =
  /** The next record the receiver gets is the one that follows `after`. */
  | { readonly kind: 'continue'; readonly after: Position }
  /** Records are missing between the two: the sender begins a new epoch and states everything again. */
  | { readonly kind: 'gap' };

/**
 * From where the stream goes on after a (re)connection. The receiver may hold more than was ever
 * acknowledged, never less. What it holds beyond `last` in this epoch the sender has lost in a crash
 * and may number anew: that is a gap too.
 */
export function decideResume(options: { sender: SenderStream; durable: Position }): ResumeDecision {
  const { sender, durable } = options;
  const lastSequence = sender.last.epoch === sender.epoch ? sender.last.sequence : 0;
  const firstSequence = firstOfEpoch(sender, lastSequence);
  if (durable.epoch === sender.epoch) {
    const held = firstSequence - 1 <= durable.sequence && durable.sequence <= lastSequence;
    return held ? { kind: 'continue', after: durable } : { kind: 'gap' };
  }
  if (durable.epoch < sender.epoch && firstSequence === 1) {
    return { kind: 'continue', after: { epoch: sender.epoch, sequence: 0 } };
  }
  return { kind: 'gap' };
}

/** Sequence of the oldest record of this epoch that is held, or will be the next one made. */
function firstOfEpoch(sender: SenderStream, lastSequence: number): number {
  if (sender.first === null) return lastSequence + 1;
  return sender.first.epoch === sender.epoch ? sender.first.sequence : 1;
}
