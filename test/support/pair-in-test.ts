import { onTestFailed } from 'vitest';
import { makePair, type Pair, type PairOptions, startPair } from './pair.ts';

/** {@link startPair}; the daemons' logs are shown when the test fails. */
export async function runningPair(options: PairOptions = {}): Promise<Pair> {
  return shownOnFailure(await startPair(options));
}

/** {@link makePair}; the daemons' logs are shown when the test fails. */
export async function restingPair(options: PairOptions = {}): Promise<Pair> {
  return shownOnFailure(await makePair(options));
}

function shownOnFailure(pair: Pair): Pair {
  onTestFailed(() => {
    process.stderr.write(`${pair.logs()}\n`);
  });
  return pair;
}
