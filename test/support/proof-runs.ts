/** Set to `full` by `npm run proof`: tests that repeat themselves then run as often as the proof asks. */
export const PROOF_VARIABLE = 'UNDERSTUDY_PROOF';

/** How often to repeat: few times in `npm test`, the full count in `npm run proof`. */
export function proofRuns(
  count: { readonly short: number; readonly full: number },
  environment: Readonly<Record<string, string | undefined>> = process.env,
): number {
  return environment[PROOF_VARIABLE] === 'full' ? count.full : count.short;
}
