import { fold } from './key-path.ts';
import type { RegistryDifference } from './reconcile.ts';
import { shownItem } from './shown-key.ts';

const REASON_LENGTH_MAX = 500;

/** Why a key is Out of sync. */
export interface KeyMark {
  readonly item: string;
  readonly reason: string;
}

/** One for each key that differs. Pure. @param why - of all of them, in words: `it was compared only`. */
export function marksOf(store: string, differences: readonly RegistryDifference[], why: string): KeyMark[] {
  const byKey = Map.groupBy(differences, ({ key }) => fold(key));
  return [...byKey.values()].map((all) => {
    const what = all.map((one) => one.what).join(', ');
    return { item: shownItem(store, all[0]?.key ?? ''), reason: `${what}; ${why}`.slice(0, REASON_LENGTH_MAX) };
  });
}
