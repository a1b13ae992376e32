import type { LostReason } from '../../capture/troubles.ts';
import type { ProblemData } from '../../problems/problem.ts';

/** Why everything protected is checked again: each reason in its own words, none is taken for another. */
const LOST: Readonly<Record<LostReason, ProblemData>> = {
  overflow: { code: 'CAP-004', parameters: {} },
  records: { code: 'CAP-040', parameters: {} },
  folder: { code: 'CAP-011', parameters: {} },
  unsettled: { code: 'CAP-008', parameters: { path: 'an item' } },
};

export function lostTrack(reason: LostReason): ProblemData {
  return LOST[reason];
}
