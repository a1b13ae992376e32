import type { ProblemCode } from '../../problems/problem.ts';

/** Findings about one item that a check of it ends, where what was in the way is gone. */
const CHECKED_AGAIN: readonly ProblemCode[] = ['APL-001', 'CAP-002', 'CHK-004'];

/** What `fix` offers of its own for a problem, in words; null where nothing is to be done for it from here. */
export function offered(code: ProblemCode, item: string | null): string | null {
  return isCheckedAgain(code, item) ? 'check this item again now' : null;
}

/** Does a check of the item end such a finding? */
export function isCheckedAgain(code: ProblemCode, item: string | null): item is string {
  return item?.startsWith('/') === true && CHECKED_AGAIN.includes(code);
}
