import { describe, expect, it } from 'vitest';
import { type Mutant, StreamHistory } from './stream-history.ts';

/*
 * Goal: nothing acknowledged is ever lost; what the receiver holds of an epoch is its beginning,
 * without a hole; left alone, it catches up.
 * Method: two queues on disks that forget, a connection that loses what is under way, power cuts at
 * any call of either; the decision how to go on is the product's own. Two mutants must be noticed.
 */

const SEEDS = 120;
const STEPS = 150;

function failures(mutant: Mutant | null): string[] {
  const found: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      new StreamHistory(seed, mutant).run(STEPS);
    } catch (error) {
      found.push(`seed ${seed}: ${String(error)}`);
    }
  }
  return found;
}

describe('the stream from queue to queue', () => {
  it('loses nothing that was acknowledged, and goes on without a hole', () => {
    expect(failures(null)).toEqual([]);
  });

  it.each(['acknowledges before sync', 'receiver does not sync'] as const)('is caught when: %s', (mutant) => {
    expect(failures(mutant).length).toBeGreaterThan(SEEDS / 10);
  });
});
