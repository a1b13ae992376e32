import { onTestFailed } from 'vitest';
import { type Pair, type PairOptions, startPair } from './pair.ts';

/** Where these tests run as root. */
export const INTERCEPTED = process.getuid?.() === 0 ? ({ capture: 'intercept' } as const) : {};

/** {@link startPair}; the daemons' logs are shown when the test fails. */
export async function runningPair(options: PairOptions = {}): Promise<Pair> {
  return shownOnFailure(await startPair(options));
}

function shownOnFailure(pair: Pair): Pair {
  onTestFailed(() => {
    process.stderr.write(`${pair.logs()}\n`);
  });
  return pair;
}
