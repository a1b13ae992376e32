import { bytesOf, pageOf } from '../stream/item-cursor.ts';
import type { ItemView } from '../stream/thread-messages.ts';

const NOT_THERE = 'Nothing is known of it on the passive server yet.';

/**
 * A page of items as the passive server knows them, with those that the active server alone knows: before
 * everything was verified these may be most. Both pages begin at one place and are cut at the same number. Pure.
 */
export function withMissing(
  known: readonly ItemView[],
  ofActive: readonly ItemView[],
  { limit }: { readonly limit: number },
): ItemView[] {
  const all = new Map(known.map((item) => [bytesOf(item), item]));
  for (const item of ofActive) {
    const path = bytesOf(item);
    if (!all.has(path)) all.set(path, { ...item, reason: NOT_THERE });
  }
  return pageOf(all, limit);
}
