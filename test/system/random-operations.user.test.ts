import { describe, expect, it, onTestFailed } from 'vitest';
import { INTERCEPTED, runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { ANY_LOSS, RandomOperations } from '../support/random-operations.ts';

const SEEDS = proofRuns({ short: 3, full: 20 });
const OPERATIONS = 2_000;
const FIRST_SEED = 4_100;
/**
 * From the last change until both must say Synchronized and hold the same. How soon is proven on a quiet
 * machine; any other only has to get there.
 */
const WITHIN_MS = proofRuns({ short: 120_000, full: 5_000 });
const HISTORY_SHOWN = 400;

describe('a program that does anything to the tree', () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index))(
    'leaves the passive with the same tree, whatever it did (seed %i)',
    async (seed) => {
      await using pair = await runningPair({ pairSettings: { ...ANY_LOSS, ...INTERCEPTED } });
      await pair.synchronized();
      const program = new RandomOperations(pair.active.data, seed);
      onTestFailed(() => void process.stderr.write(`${program.history.slice(-HISTORY_SHOWN).join('\n')}\n`));
      // As fast as it can: more than the pair can follow at once.
      await program.run({ count: OPERATIONS });
      await pair.settled({ timeoutMs: WITHIN_MS });
      expect(pair.differences()).toEqual([]);
    },
  );

  it('may go on for a while at a moderate pace', async () => {
    await using pair = await runningPair({ pairSettings: { ...ANY_LOSS, ...INTERCEPTED } });
    await pair.synchronized();
    const program = new RandomOperations(pair.active.data, FIRST_SEED - 1);
    onTestFailed(() => void process.stderr.write(`${program.history.slice(-HISTORY_SHOWN).join('\n')}\n`));
    await program.run({ count: 1_000, perSecond: 100 });
    await pair.settled({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);
  });
});
