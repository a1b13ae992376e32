/**
 * What it proves: whoever is not the daemon's user is told whose server this is and what to do, and is
 * not told of a fault, nor that no daemon runs.
 */
import fs from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { Command } from '../support/child.ts';
import { startPair } from '../support/pair.ts';

/** The user `nobody`. */
const ORDINARY_USER = 65_534;

it("commands of an ordinary user on root's server name the user as the cause [DMN-008, CLI-015]", async () => {
  await using pair = await startPair();
  for (const folder of [pair.top, dirname(pair.active.stateDirectory)]) fs.chmodSync(folder, 0o755);
  const config = ['--config', pair.active.serverFile];
  for (const command of ['status', 'check']) {
    const ran = await new Command([command, ...config], { user: ORDINARY_USER }).ran;
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr).toContain('[CLI-015]');
  }
  const ran = await new Command(['run', ...config], { user: ORDINARY_USER }).ran;
  expect(ran).toMatchObject({ status: 1, stdout: '' });
  expect(ran.stderr).toContain(`[DMN-008] The folder ${pair.active.stateDirectory} (stateDirectory)`);
  await pair.synchronized();
});
