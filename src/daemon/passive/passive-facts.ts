import type { VerificationState } from './check-wish.ts';
import type { PassiveEngineOptions } from './passive-engine-options.ts';

/** May nothing here be changed? Whatever comes is compared only. */
export function isFrozen({ firstPairing, apply }: PassiveEngineOptions): boolean {
  return firstPairing.isOpen || apply.brake.isHeld;
}

/** Was everything compared, as far as it may be? */
export function verificationOf({ follower, firstPairing, apply }: PassiveEngineOptions): VerificationState {
  const isDone = apply.brake.isHeld || follower.verification === 'done';
  const isSettled = firstPairing.isOpen ? firstPairing.hasEnded : isDone;
  return { isVerified: isSettled, isRunning: follower.isVerifying };
}

/** Of a copy that is verified: did content come that no checkpoint has yet, and is nothing more to come? */
export function isComplete({ apply, follower }: PassiveEngineOptions): boolean {
  if (follower.verification !== 'done') return false;
  const { pullsWaiting, pullsUnsaved } = apply.counts;
  return pullsUnsaved > 0 && pullsWaiting === 0;
}
