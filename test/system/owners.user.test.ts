import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runningPair } from '../support/pair-in-test.ts';
import { until } from '../support/until.ts';

const WAIT_MS = 120_000;

it('names users and groups that are others on the passive server, until they are the same', async () => {
  await using pair = await runningPair({ plant: (data) => fs.writeFileSync(join(data, 'file'), 'content') });
  await pair.synchronized();
  const { uid, gid } = fs.statSync(join(pair.active.data, 'file'));
  // Both servers are this machine: what the passive one asks answers otherwise.
  const programs = join(pair.top, 'programs');
  fs.mkdirSync(programs);
  const otherAccounts = (script: string): void => fs.writeFileSync(join(programs, 'getent'), script, { mode: 0o755 });
  otherAccounts(`#!/bin/sh\n[ "$1" = passwd ] && echo "somebody-else:x:${uid}:0::/:"\nexit 0\n`);
  await pair.passive.stop();
  await pair.passive.start({ path: programs });
  const { evidence, severity } = await pair.active.finding('APL-022', WAIT_MS);
  expect(severity).toBe('warning');
  expect(evidence.some((line) => line.startsWith(`user ${uid} is `) && line.includes('somebody-else'))).toBe(true);
  expect(evidence.some((line) => line.startsWith(`group ${gid} is `) && line.includes('no group'))).toBe(true);

  otherAccounts('#!/bin/sh\nexec /usr/bin/getent "$@"\n');
  await until('the finding to end', WAIT_MS, async () =>
    (await pair.passive.findings('APL-022')).length === 0 ? true : null,
  );
});
