/** Set to `full` by `npm run proof`: tests that repeat themselves then run as often as the proof asks. */
export const PROOF_VARIABLE = 'UNDERSTUDY_PROOF';

/** How often to repeat, or what else differs: few times in `npm test`, the full count in `npm run proof`. */
export function proofRuns<What = number>(
  count: { readonly short: What; readonly full: What },
  environment: Readonly<Record<string, string | undefined>> = process.env,
): What {
  return environment[PROOF_VARIABLE] === 'full' ? count.full : count.short;
}
