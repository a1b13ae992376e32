import type { Finding } from '../../api/status.ts';
import { comparePositions, type Position } from '../../changes/change.ts';
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
  const isSeen = !active.gap && active.itemsUnseen === 0 && active.itemsUnread === 0 && active.itemsLeft === 0;
  return isExact && isVerified(passive) && hasAll(passive) && isSeen;
}

/**
 * The same as the passive server knows by itself, also while the active one is away: it has been told in the stream. Pure.
 */
export function isOneMoment(passive: PassiveReport | null): boolean {
  return passive?.isOneMoment === true && isWhole(passive) && !passive.failed;
}

/**
 * Does the passive server hold all that the active one said up to there, verified, with nothing missed? Then what is
 * durable in its queue is enough for all that comes. Pure.
 */
export function isCaughtUp(active: ActiveReport, passive: PassiveReport | null, upTo: Position): boolean {
  if (passive === null || passive.applied.epoch !== upTo.epoch || comparePositions(passive.applied, upTo) < 0)
    return false;
  return isVerified(passive) && hasAll(passive) && !active.gap && active.itemsLeft === 0 && !active.failed;
}

/** Is all content there that was asked for, and safe from a power cut? */
export function hasAll({ pullsWaiting, itemsOutOfSync, itemsUnchecked }: PassiveReport): boolean {
  return pullsWaiting === 0 && itemsOutOfSync === 0 && itemsUnchecked === 0;
}

/** Is all that was ever applied verified, with nothing missing? Pure. */
export function isWhole(passive: PassiveReport): boolean {
  return isVerified(passive) && hasAll(passive);
}

function isVerified({ verification, isMixed, unconfirmed, undecided }: PassiveReport): boolean {
  return verification === 'done' && !isMixed && !unconfirmed && undecided === 0;
}

/** Does anybody work past a mount, in no order? */
export function isBypassed(findings: readonly Finding[]): boolean {
  return findings.some(({ code }) => code === 'CAP-037');
}
