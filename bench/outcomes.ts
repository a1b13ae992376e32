import { number, span } from './markdown.ts';
import { median } from './statistics.ts';

/** Of one round. */
export interface Outcome {
  readonly bytesPerChange: number;
  /** Did the copy come to be equal in time? Where it did not, the bytes are those that passed until then. */
  readonly isSame: boolean;
}

/** @param changeBytes - what one change writes; 0 where it writes none: then the bytes are of a change. */
export function outcomesText(outcomes: readonly Outcome[], changeBytes: number): string {
  const same = outcomes.filter(({ isSame }) => isSame);
  const missed = outcomes.length - same.length;
  const never = missed === 0 ? '' : `never the same: ${String(missed)} of ${String(outcomes.length)}`;
  if (same.length === 0) return never;
  const values = same.map(({ bytesPerChange }) => bytesPerChange / Math.max(1, changeBytes));
  const show = (value: number): string => number(value, changeBytes === 0 ? 0 : 2);
  return `${show(median(values))} (${span(values, show)})${never === '' ? '' : `; ${never}`}`;
}
