import type { QuarantineEntry } from '../../api/requests.ts';

/** Some entries of the quarantine, and what there is besides. */
export interface QuarantinePage {
  readonly entries: readonly QuarantineEntry[];
  /** The id to go on after; null where this was the last page. */
  readonly next: string | null;
  readonly bytesTotal: number;
}

/**
 * Up to `limit` entries behind the one called `after`. Pure.
 * @param all - oldest first, as their ids are in order.
 */
export function pageOfQuarantine(
  all: readonly QuarantineEntry[],
  { after, limit }: { readonly after: string | null; readonly limit: number },
): QuarantinePage {
  const from = after === null ? 0 : placeBehind(all, after);
  const entries = all.slice(from, from + limit);
  const next = from + limit < all.length ? (entries.at(-1)?.id ?? null) : null;
  return { entries, next, bytesTotal: all.reduce((sum, entry) => sum + entry.sizeBytes, 0) };
}

/** The entry may have gone since it was listed: to begin at the first one again would list everything twice. */
function placeBehind(all: readonly QuarantineEntry[], id: string): number {
  const known = all.findIndex((entry) => entry.id === id);
  if (known !== -1) return known + 1;
  const later = all.findIndex((entry) => entry.id > id);
  return later === -1 ? all.length : later;
}
