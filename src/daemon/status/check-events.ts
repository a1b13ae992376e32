import { formatNumberOf } from '../../kernel/count-text.ts';
import { formatDuration } from '../../kernel/duration-text.ts';
import { formatBytes } from '../../kernel/size-text.ts';
import type { CheckOutcome } from '../passive/check-follower.ts';
import { resultOf } from './check-following.ts';
import type { CheckRequest } from '../stream/thread-messages.ts';
import type { PlainEvent } from './event-history.ts';

/** Which check it is, for the history. */
export function sayCheck({ repair, mode, registry, paths }: CheckRequest): string {
  const of = registry === true ? 'the registry' : (paths?.join(', ') ?? 'everything');
  return `${repair ? '' : 'verifying '}${mode} check of ${of}`;
}

/** What came of a check, for the history. Pure. @param tookMs - null where nobody knows. */
export function endOfCheck(
  what: string,
  outcome: CheckOutcome,
  tookMs: number | null,
): Pick<PlainEvent, 'level' | 'text'> {
  const time = tookMs === null ? '' : ` in ${formatDuration(tookMs)}`;
  const looked = `${formatNumberOf(outcome.itemsChecked, 'item')} (${formatBytes(outcome.bytesChecked)}) looked at${time}`;
  if (!outcome.finished) return { level: 'warning', text: `Given up: ${what}: ${looked}` };
  const { differences, refused, left, repair } = outcome;
  if (differences === 0) return { level: 'information', text: `Ended: ${what}: ${looked}, no difference` };
  const { repaired } = resultOf(outcome, 0);
  const done = [
    repair ? `${String(repaired)} repaired` : 'nothing was to be repaired',
    ...(left === 0 ? [] : [`${String(left)} only on the passive server and left there`]),
    ...(refused === 0 ? [] : [`${String(refused)} could not be repaired`]),
  ];
  const differed = `${formatNumberOf(differences, 'difference')}: ${done.join(', ')}`;
  return { level: repair && refused === 0 ? 'information' : 'warning', text: `Ended: ${what}: ${looked}, ${differed}` };
}
