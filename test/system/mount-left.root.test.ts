/*
 * What it proves: a daemon that is killed and not followed leaves no folder behind that gives errors, on neither server.
 * What somebody mounts over an intercepted folder is told.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keepersOf } from '../support/kept-folder.ts';
import { isMountedOver } from '../support/mounted-folder.ts';
import type { Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { until } from '../support/until.ts';

const WAIT_MS = 120_000;
const INTERCEPT = { capture: 'intercept' } as const;

function expectEqual(pair: Pair): void {
  expect(pair.differences()).toEqual([]);
}

it('a daemon that is killed and not followed leaves the folders as they are [CAP-060]', async () => {
  await using pair = await runningPair({
    pairSettings: INTERCEPT,
    plant: (folder) => fs.writeFileSync(join(folder, 'file'), 'kept'),
  });
  await pair.synchronized();
  for (const server of [pair.passive, pair.active]) {
    await server.crash();
    // On the active server who works there waits for the next daemon, until the keeper gives up, or is told to stop.
    if (server === pair.active) for (const keeper of keepersOf(server.stateDirectory)) process.kill(keeper, 'SIGTERM');
    await until(`the folder of ${server.place.identity} to be free`, WAIT_MS, () =>
      isMountedOver(server.data) || keepersOf(server.stateDirectory).length > 0 ? null : true,
    );
    expect(fs.readFileSync(join(server.data, 'file'), 'utf8')).toBe('kept');
    fs.writeFileSync(join(server.data, `by hand on ${server.place.identity}`), '');
  }
  await pair.start();
  await pair.settled();
  expectEqual(pair);
  expect(fs.readdirSync(pair.passive.data).sort()).toEqual(['by hand on primary', 'file']);
});

it('what is mounted over an intercepted folder, or in it, is told, and that it is gone [CAP-061]', async () => {
  await using pair = await runningPair({
    pairSettings: INTERCEPT,
    plant: (folder) => fs.mkdirSync(join(folder, 'inner')),
  });
  await pair.synchronized();
  for (const at of [join(pair.active.data, 'inner'), pair.active.data]) {
    execFileSync('mount', ['-t', 'tmpfs', 'understudy-trial', at]);
    try {
      expect(await pair.active.finding('CAP-061', WAIT_MS)).toMatchObject({ item: '/data' });
    } finally {
      // Who looks through all processes may be in it for a moment.
      execFileSync('umount', ['--lazy', at]);
    }
    await until('nothing to be mounted over it', WAIT_MS, async () =>
      (await pair.active.findings('CAP-061')).length === 0 ? true : null,
    );
  }
  fs.writeFileSync(join(pair.active.data, 'inner/file'), '');
  await pair.settled();
  expectEqual(pair);
});
