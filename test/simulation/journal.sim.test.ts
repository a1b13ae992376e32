import { describe, expect, it } from 'vitest';
import { JournalHistory } from './journal-history.ts';

/*
 * Goal: after sync() returned, a power cut loses nothing appended before; what is there is one chain
 * without a hole; beyond the last sync anything may survive, but only a beginning of it is shown.
 * Method: seeded histories on a disk that forgets, against a model; then the same histories with a
 * disk on which syncs do nothing, which the same checks must notice.
 */

const SEEDS = 250;
const STEPS = 70;

function failures(options: { forgets: readonly ('syncData' | 'syncFolder')[] }): string[] {
  const found: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      new JournalHistory(seed, options.forgets).run(STEPS);
    } catch (error) {
      found.push(`seed ${seed}: ${String(error)}`);
    }
  }
  return found;
}

describe('a queue', () => {
  it('keeps what was synced, and never a hole, whatever happens to the power and the disk', () => {
    expect(failures({ forgets: [] })).toEqual([]);
  });

  it('whose content is not synced is caught', () => {
    expect(failures({ forgets: ['syncData'] }).length).toBeGreaterThan(SEEDS / 10);
  });

  it('whose names are not synced is caught', () => {
    expect(failures({ forgets: ['syncFolder'] }).length).toBeGreaterThan(SEEDS / 10);
  });
});
