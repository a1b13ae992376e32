import type { HealthRule, HealthState } from './rule.ts';

/** What is remembered of the answers to a rule. */
export interface HealthMemory {
  /** Bad answers in a row. */
  readonly times: number;
  /** When the first of them came; null where the last one was good. */
  readonly sinceMs: number | null;
  readonly isBad: boolean;
  /** When it last was told to be bad: by the answers since then it may be so once more. */
  readonly toldAtMs: number | null;
}

export const NO_ANSWER: HealthMemory = { times: 0, sinceMs: null, isBad: false, toldAtMs: null };

/** What stays bad is told to be so again after this long: what was done about it did not help. */
const AGAIN_MS = 60_000;

/** What an answer leads to: `bad`, each time that it is told; `good`, where it is not bad any more. */
export type HealthNews = 'bad' | 'good' | null;

type Patience = Pick<HealthRule, 'times' | 'forMs' | 'isLatched'>;

/** What the next answer makes of those before it. Pure. */
export function judge(
  memory: HealthMemory,
  patience: Patience,
  { isGood, nowMs }: { readonly isGood: boolean; readonly nowMs: number },
): { readonly memory: HealthMemory; readonly news: HealthNews } {
  if (isGood) {
    if (patience.isLatched && memory.isBad) return { memory: { ...memory, times: 0, sinceMs: null }, news: null };
    return { memory: NO_ANSWER, news: memory.isBad ? 'good' : null };
  }
  const sinceMs = memory.sinceMs ?? nowMs;
  const counted = { ...memory, times: memory.times + 1, sinceMs };
  const isOver = counted.times >= patience.times && nowMs - sinceMs >= patience.forMs;
  const isLate = memory.toldAtMs === null || nowMs - memory.toldAtMs >= Math.max(AGAIN_MS, patience.forMs);
  if (!isOver || (memory.isBad && (patience.isLatched || !isLate))) return { memory: counted, news: null };
  return { memory: { ...counted, isBad: true, toldAtMs: nowMs }, news: 'bad' };
}

export function stateOf(memory: HealthMemory): HealthState {
  if (memory.isBad) return 'Bad';
  return memory.times > 0 ? 'Failing' : 'Good';
}
