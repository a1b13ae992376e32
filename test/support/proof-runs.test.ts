import { expect, it } from 'vitest';
import { PROOF_VARIABLE, proofRuns } from './proof-runs.ts';

it('repeats a proof in full only when asked to', () => {
  const count = { short: 3, full: 1000 };
  expect(proofRuns(count, {})).toBe(3);
  expect(proofRuns(count, { [PROOF_VARIABLE]: 'full' })).toBe(1000);
});
