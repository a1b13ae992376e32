import type { Finding } from '../api/status.ts';
import { comparePositions } from '../changes/change.ts';
import type { ActiveReport, PassiveReport } from './side-report.ts';

/**
 * Does the passive server hold exactly what the active one held at one earlier moment? As far as both reports tell,
 * and only where that is certain: what the active server has not said to be exact is not. Pure.
 */
export function isConsistent(active: ActiveReport | null, passive: PassiveReport | null): boolean {
  const since = active?.exactSince ?? null;
  if (active === null || passive === null || since === null) return false;
  const { applied } = passive;
  const isExact =
    applied.epoch === since.epoch &&
    comparePositions(applied, since) >= 0 &&
    comparePositions(applied, active.captured) <= 0;
  const isWhole =
    passive.verification === 'done' && !passive.isMixed && !passive.unconfirmed && passive.undecided === 0;
  const isSettled = passive.pullsWaiting === 0 && passive.itemsOutOfSync === 0 && passive.itemsUnchecked === 0;
  const isSeen = !active.gap && active.itemsUnseen === 0 && active.itemsUnread === 0 && active.itemsLeft === 0;
  return isExact && isWhole && isSettled && isSeen;
}

/** Does anybody work past a mount, in no order? */
export function isBypassed(findings: readonly Finding[]): boolean {
  return findings.some(({ code }) => code === 'CAP-037');
}
