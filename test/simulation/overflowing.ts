import type { RandomOperations } from '../support/random-operations.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

/** What an application does while the active server's queue overflows: folders move before that, after it, or both. */
export function overflowing(random: SeededRandom): readonly ((operations: RandomOperations) => void)[] {
  const moves = (operations: RandomOperations): void => operations.takeFormerNames();
  const fills = (operations: RandomOperations): void => operations.fillQueue();
  const steps = random.chance(0.5) ? [moves, fills] : [fills, moves];
  return random.chance(0.5) ? [...steps, moves] : steps;
}
