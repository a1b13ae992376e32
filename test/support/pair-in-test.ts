import { afterAll, beforeAll, onTestFailed } from 'vitest';
import { type Pair, type PairOptions, startPair } from './pair.ts';

/** Where these tests run as root. */
export const INTERCEPTED = process.getuid?.() === 0 ? ({ capture: 'intercept' } as const) : {};

/** {@link startPair}; the daemons' logs are shown when the test fails. */
export async function runningPair(options: PairOptions = {}): Promise<Pair> {
  return shownOnFailure(await startPair(options));
}

/**
 * One pair for all tests of the block or file that calls this, in the order in which they stand: each leaves it
 * Synchronized to the next.
 * @returns who gives it to a test, which shows the daemons' logs when it fails.
 */
export function sharedPair(options: () => PairOptions): () => Pair {
  let pair: Pair | null = null;
  beforeAll(async () => {
    pair = await startPair(options());
  });
  afterAll(async () => {
    await pair?.[Symbol.asyncDispose]();
  });
  return () => {
    if (pair === null) throw new Error('The pair was not started');
    return shownOnFailure(pair);
  };
}

function shownOnFailure(pair: Pair): Pair {
  onTestFailed(() => {
    process.stderr.write(`${pair.logs()}\n`);
  });
  return pair;
}
