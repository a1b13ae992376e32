import { describe, expect, it } from 'vitest';
import { plantSystemFolders } from '../support/large-tree.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { ANY_LOSS, RandomOperations } from '../support/random-operations.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const FILES = proofRuns({ short: 12_000, full: 50_000 });
const BYTES = proofRuns({ short: 256, full: 1024 }) * MIB;
const CHANGES_PER_SECOND = 20;
const FIRST_COPY_TIMEOUT_MS = 180_000;
/** From the last change until both must say so and hold the same; how soon is proven on a quiet machine. */
const WITHIN_MS = proofRuns({ short: 120_000, full: 5_000 });
const MORE_CHANGES_MS = 5_000;

describe('a large tree of real files', () => {
  it(
    'goes from an empty passive to Synchronized while a program changes 20 files a second in it',
    async () => {
      let planted = 0;
      await using pair = await runningPair({
        pairSettings: ANY_LOSS,
        plant: (data) => {
          planted = plantSystemFolders(data, { files: FILES, bytes: BYTES }).files;
        },
      });
      expect(planted).toBeGreaterThanOrEqual(FILES);
      const program = new RandomOperations(pair.active.data, 5);
      const stop = new AbortController();
      const working = program.run({
        count: Number.POSITIVE_INFINITY,
        perSecond: CHANGES_PER_SECOND,
        signal: stop.signal,
      });
      const start = performance.now();
      // Under constant change the status is busy at nearly every moment; verified it must become.
      await until('everything to be verified once', FIRST_COPY_TIMEOUT_MS, async (seen) => {
        const { fileSystem } = await pair.passive.status();
        seen(JSON.stringify(fileSystem));
        return fileSystem.status.startsWith('Synchronized') ? true : null;
      });
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const more = performance.now() + MORE_CHANGES_MS;
      await until('some more changes', MORE_CHANGES_MS * 2, () => (performance.now() > more ? true : null));
      stop.abort();
      await working;
      await pair.settled({ timeoutMs: WITHIN_MS });
      expect(pair.differences()).toEqual([]);
      // How many of them the program has deleted meanwhile depends on how long it took.
      process.stdout.write(`${planted} files, ${BYTES / MIB} MiB: verified after ${seconds} s under change\n`);
    },
    FIRST_COPY_TIMEOUT_MS * 3,
  );
});
