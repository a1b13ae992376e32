import type { AnswerOf, FileItem } from '../../api/requests.ts';
import type { Timers } from '../../kernel/clock.ts';
import { Problem } from '../../problems/problem.ts';
import { differencesBetween, type ItemLook } from './item-look.ts';

/** Who looks at the item, and who knows how it stands. */
export interface DifferenceSources {
  /** As it is on each server's disk now. */
  readonly looks: () => Promise<{ readonly active: ItemLook; readonly passive: ItemLook }>;
  /** How the list of items has it; null where it is not in there. */
  readonly known: () => Promise<Pick<FileItem, 'status' | 'reason'> | null>;
  /** Changes that the passive server has not confirmed. */
  readonly changesWaiting: () => number;
  readonly timers: Pick<Timers, 'after'>;
}

/**
 * The two disks are looked at one after the other, and what is known follows a moment later. So where the looks and
 * what is known say otherwise, they are asked again after so long each.
 */
const AGAIN_AFTER_MS: readonly number[] = [200, 500, 1000];

/** How one item differs, in agreement with what the list of items says of it. @throws Problem CLI-018 */
export async function differenceOfItem(path: string, sources: DifferenceSources): Promise<AnswerOf<'diff'>> {
  let before: ItemLook | null = null;
  for (const againAfterMs of [...AGAIN_AFTER_MS, null]) {
    const { active, passive } = await sources.looks();
    if (active.type === null && passive.type === null) throw new Problem('CLI-018', { path });
    const differences = differencesBetween(active, passive);
    const known = await sources.known();
    const status = known?.status ?? 'Synchronized';
    if (differences.length > 0 !== (status === 'Synchronized')) {
      if (status === 'Synchronized') return { path, status, differences };
      return { path, status: 'Out of sync', differences, ...because(known) };
    }
    if (againAfterMs === null) {
      if (differences.length === 0) return { path, status, differences, reason: known?.reason ?? TO_BE_CONFIRMED };
      const isChanging =
        sources.changesWaiting() > 0 || (before !== null && differencesBetween(before, active).length > 0);
      return { path, status: 'Out of sync', differences, reason: isChanging ? ON_ITS_WAY : unnoticed(path) };
    }
    before = active;
    await new Promise<void>((resume) => sources.timers.after(againAfterMs, resume));
  }
  throw new Error('Unreachable.');
}

function because(known: Pick<FileItem, 'reason'> | null): { readonly reason?: string } {
  const reason = known?.reason ?? null;
  return reason === null ? {} : { reason };
}

const TO_BE_CONFIRMED = 'A look at both finds it equal; that it is so is still to be confirmed.';
const ON_ITS_WAY = 'Changes are on their way to the passive server, and it may be one of them.';

function unnoticed(path: string): string {
  return `Nobody had told of it, so the list of files does not have it: \`understudy check ${path}\` repairs it.`;
}
