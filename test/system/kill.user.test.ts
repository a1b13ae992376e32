/**
 * What it proves: a daemon that is gone from one moment to the next (as by SIGKILL, a crash or the
 * out-of-memory killer) leaves nothing behind that a restart alone does not put right, wherever in
 * its work it was. The disks keep what was written; power cuts are in power-cut.root.test.ts.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFailed } from 'vitest';
import { runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { ANY_LOSS, RandomOperations } from '../support/random-operations.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const KILLS = proofRuns({ short: 3, full: 50 });
const SEED = 77;
const OPERATIONS_PER_SECOND = 200;
const MOMENT_MS_MAX = 1_500;
const CONVERGES_WITHIN_MS = 120_000;
const TEST_TIMEOUT_MS = 60_000 + KILLS * 150_000;

describe('a daemon that is killed under load', () => {
  it.each(['active', 'passive'] as const)(
    'comes back to Synchronized by itself and both hold the same: the %s one',
    async (role) => {
      await using pair = await runningPair({ pairSettings: ANY_LOSS });
      await pair.synchronized();
      const random = new SeededRandom(SEED + (role === 'active' ? 0 : 1));
      const server = pair[role];
      const moments: string[] = [];
      onTestFailed(() => void process.stderr.write(`${moments.join('\n')}\n`));
      for (let kill = 0; kill < KILLS; kill++) {
        const program = new RandomOperations(pair.active.data, random.integer(0, 2 ** 31));
        const stopProgram = new AbortController();
        const working = program.run({
          count: Number.POSITIVE_INFINITY,
          perSecond: OPERATIONS_PER_SECOND,
          signal: stopProgram.signal,
        });
        // From while it still starts (the first check runs) to well within its steady work.
        const momentMs = random.integer(0, MOMENT_MS_MAX);
        moments.push(`kill ${kill} after ${momentMs} ms`);
        await pause(momentMs);
        await server.kill();
        // The program goes on for a moment without the daemon.
        await pause(random.integer(0, 300));
        await server.start();
        // Every second time the program works on, and the daemon is killed again before it settled.
        const again = random.chance(0.5);
        if (!again) stopProgram.abort();
        await pause(random.integer(0, 1_000));
        stopProgram.abort();
        await working;
        if (again && kill + 1 < KILLS) continue;
        await pair.settled({ timeoutMs: CONVERGES_WITHIN_MS });
        expect(pair.differences()).toEqual([]);
      }
    },
    TEST_TIMEOUT_MS,
  );
});
