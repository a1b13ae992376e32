import { proofRuns } from '../proof-runs.ts';

/** What a proof asks of the soak (scripts/proof.ts). */
export const SOAK_VARIABLES = { minutes: 'UNDERSTUDY_SOAK_MINUTES', seed: 'UNDERSTUDY_SOAK_SEED' } as const;

/** How long faults are made, in minutes, and with which seed: another one each time in a proof. */
export function soakLength(): { readonly minutes: number; readonly seed: number } {
  const { minutes, seed } = SOAK_VARIABLES;
  return {
    minutes: Number(process.env[minutes] ?? proofRuns({ short: 0.6, full: 20 })),
    seed: Number(process.env[seed] ?? proofRuns({ short: 1, full: Date.now() % 1_000_000 })),
  };
}
