import { onTestFailed } from 'vitest';
import { type Pair, type PairOptions, startPair } from './pair.ts';

/** As the settings come: intercepted where these tests run as root on ext4. */
export const AUTO = { capture: 'auto' } as const;

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
