/** Kernels tell the time of a change by a clock that ticks 100 times a second or more often. */
const TICK_MS = 10;
/** The coarsest of file systems that know whole seconds only. */
const WHOLE_SECONDS_MS = 2000;
const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;

/**
 * For how long a further change may still be given the same time as this one, so that nothing would tell the two apart.
 * Pure. @param nowMs - when the times were read, by the same clock.
 */
export function sameTimeForMs(
  { mtimeNs, ctimeNs }: { readonly mtimeNs: bigint; readonly ctimeNs: bigint },
  nowMs: number,
): number {
  const isCoarse = mtimeNs % NS_PER_S === 0n && ctimeNs % NS_PER_S === 0n;
  const ageMs = nowMs - Number(ctimeNs / NS_PER_MS);
  const left = (isCoarse ? WHOLE_SECONDS_MS : TICK_MS) + 1 - ageMs;
  // A time that lies ahead was given by another clock, or before this one was set back: nothing is known of the next.
  return ageMs < 0 ? 0 : Math.max(0, left);
}
