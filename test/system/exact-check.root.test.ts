/*
 * What it proves: a check of an intercepted folder is sequenced with whoever changes it. However busy the folder is,
 * it ends, finds no difference where there is none, and the copy is one moment of the active server's all the while;
 * and it does find the one that there is.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CheckResult } from '../../src/api/requests.ts';
import type { Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { ANY_LOSS } from '../support/random-operations.ts';
import { whileStandingStill } from '../support/standing-still.ts';
import { until } from '../support/until.ts';

const BUSY_TREE = new URL('../support/busy_tree.py', import.meta.url).pathname;
const PROCESSES = 3;
/** So that the passive server can follow, on a machine that others use, too. */
const PAUSE_MS = 2;
const CHECKS = proofRuns({ short: 3, full: 50 });
const IS_PROOF = proofRuns({ short: 0, full: 1 }) === 1;
const BUSY_FROM_ITEMS = 50;
const WAIT_MS = 120_000;
const LONG_MS = proofRuns({ short: 600_000, full: 3_600_000 });
const STILL = 'still';

it(
  'a check of a folder that is changed all the time finds what differs and nothing else',
  async () => {
    await using pair = await runningPair({ pairSettings: { ...ANY_LOSS, capture: 'intercept' } });
    await pair.synchronized();
    fs.writeFileSync(join(pair.active.data, STILL), 'the same all the time');
    await pair.settled();
    const program = spawn('python3', [BUSY_TREE, pair.active.data, String(PROCESSES), String(PAUSE_MS)], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    const ended = once(program, 'exit');
    await until('the program to be at its work', WAIT_MS, () =>
      fs.readdirSync(pair.passive.data).length >= BUSY_FROM_ITEMS ? true : null,
    );
    await consistent(pair);
    const watched = watchConsistent(pair);
    for (let check = 0; check < CHECKS; check++) {
      const { finished, differences, itemsChecked } = await fullCheck(pair);
      expect({ check, finished, differences }).toEqual({ check, finished: true, differences: 0 });
      expect(itemsChecked).toBeGreaterThan(BUSY_FROM_ITEMS);
    }
    expect((await watched.end()).consistent).toBeGreaterThan(0);
    expect(program.exitCode).toBeNull();
    // Nobody else worked on the copy, and everything fitted.
    for (const code of ['APL-001', 'APL-002']) expect(await pair.passive.events(code)).toEqual([]);
    // Past the mount, through which nobody may. What the daemon has open there it may close at any moment.
    await whileStandingStill(pair.passive.daemon?.pid ?? 0, () =>
      fs.writeFileSync(join(pair.passive.underneath, STILL), 'THE SAME ALL THE TIME'),
    );
    await until('the difference to be found', WAIT_MS, async () => {
      await fullCheck(pair);
      return fs.readFileSync(join(pair.passive.data, STILL), 'utf8') === 'the same all the time' ? true : null;
    });
    program.stdin.end();
    expect(await ended).toEqual([0, null]);
    await pair.settled({ timeoutMs: WAIT_MS });
    expect(pair.differences()).toEqual([]);
  },
  LONG_MS,
);

it('a passive server that is left alone knows whether its copy is one moment of the active one', async () => {
  await using pair = await runningPair({ pairSettings: { ...ANY_LOSS, capture: 'intercept' } });
  await pair.synchronized();
  const program = spawn('python3', [BUSY_TREE, pair.active.data, String(PROCESSES), String(PAUSE_MS)], {
    stdio: ['pipe', 'inherit', 'ignore'],
    detached: true,
  });
  const toAll = (signal: NodeJS.Signals): void => void process.kill(-(program.pid ?? 0), signal);
  await until('the program to be at its work', WAIT_MS, () =>
    fs.readdirSync(pair.passive.data).length >= BUSY_FROM_ITEMS ? true : null,
  );
  // Where calls take long there are moments that do not count as exact: one of these it may be at which the active server goes.
  if (!IS_PROOF) toAll('SIGSTOP');
  await consistent(pair);
  await pair.active.kill();
  await until('the passive server to know that it is alone, and to be at its end', WAIT_MS, async (seen) => {
    const { channel, queues, fileSystem } = await pair.passive.status();
    seen(JSON.stringify({ channel, queues, fileSystem }));
    return channel.status === 'Not connected' && queues.receive.records === 0 ? true : null;
  });
  expect((await pair.passive.status()).fileSystem).toMatchObject({ status: 'Out of sync', consistent: true });
  toAll('SIGKILL');
  // It does not know what was done to its copy while it did not run.
  await pair.passive.kill();
  await pair.passive.start();
  expect((await pair.passive.status()).fileSystem.consistent).toBe(false);
});

async function consistent(pair: Pair): Promise<void> {
  await until('a consistent copy', WAIT_MS, async (seen) => {
    const statuses = await Promise.all(pair.servers.map((server) => server.status()));
    seen(JSON.stringify(statuses.map(({ fileSystem, capture, findings }) => ({ fileSystem, capture, findings }))));
    return statuses.every(({ fileSystem }) => fileSystem.consistent) ? true : null;
  });
}

/** Looks at the active server's status again and again, which is up to a second old. @returns how often it said so, and how often not. */
function watchConsistent(pair: Pair): { end: () => Promise<{ consistent: number; not: number }> } {
  let isOver = false;
  const look = async (): Promise<{ consistent: number; not: number }> => {
    const said = { consistent: 0, not: 0 };
    while (!isOver) {
      const { fileSystem } = await pair.active.status();
      said[fileSystem.consistent ? 'consistent' : 'not'] += 1;
    }
    return said;
  };
  const looking = look();
  // Where the test has failed by then, nobody asks.
  looking.catch(() => undefined);
  return {
    end: () => {
      isOver = true;
      return looking;
    },
  };
}

async function fullCheck(pair: Pair): Promise<CheckResult> {
  for await (const part of pair.active.client.stream('check', { mode: 'full' })) {
    if (part.kind === 'result') return part;
  }
  throw new Error('a check gave no result');
}
