import { afterAll, beforeAll, onTestFailed, type TestContext } from 'vitest';
import { type Pair, type PairOptions, startPair } from './pair.ts';

/** Where these tests run as root. */
export const INTERCEPTED = process.getuid?.() === 0 ? ({ capture: 'intercept' } as const) : {};

/** Of a test that runs beside others: its own, from its context. */
export type WhenFailed = TestContext['onTestFailed'];

/** {@link startPair}; the daemons' logs are shown when the test fails. */
export async function runningPair(options: PairOptions = {}, whenFailed: WhenFailed = onTestFailed): Promise<Pair> {
  return shownOnFailure(await startPair(options), whenFailed);
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
    return shownOnFailure(pair, onTestFailed);
  };
}

function shownOnFailure(pair: Pair, whenFailed: WhenFailed): Pair {
  whenFailed(() => {
    process.stderr.write(`${pair.logs()}\n`);
  });
  return pair;
}
