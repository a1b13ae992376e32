import { proofRuns } from './proof-runs.ts';

/**
 * Codes of what is true of a machine that has too much else to do: threads and calls that took seconds. The proof runs on
 * one that has not.
 */
export const OF_LOAD = proofRuns<readonly string[]>({ short: ['DMN-010', 'DMN-012', 'SYS-012'], full: [] });
