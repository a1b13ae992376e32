import { MIB } from '../../kernel/units.ts';

/** Bytes of the stream on their way without an acknowledgement, at most. */
export const IN_FLIGHT_BYTES_MAX = 4 * MIB;

/**
 * Is the receive queue so full that nothing more may be asked for? What the active server may have sent
 * already has to fit as well. A queue that holds nothing is never full.
 */
export function isNearlyFull(queue: { readonly bytes: number }, bytesMax: number): boolean {
  return queue.bytes > Math.max(0, bytesMax - IN_FLIGHT_BYTES_MAX);
}
