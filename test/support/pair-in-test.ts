import { onTestFailed } from 'vitest';
import { type Pair, type PairOptions, startPair } from './pair.ts';

/** For tests of what watching sees, and of what others do to a passive copy that is not mounted over. */
export const WATCHED = { capture: 'watch' } as const;

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
