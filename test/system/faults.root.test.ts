/**
 * What it proves: a call of the kernel that fails under a running daemon is told, and is over by itself
 * once mended.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runningPair } from '../support/pair-in-test.ts';

it('a receive queue that cannot be made durable', async () => {
  await using pair = await runningPair({ faults: true });
  await pair.synchronized();
  const end = pair.passive.faults.begin({ call: 'fdatasync', path: '*/receive/*', error: 'EIO' });
  fs.writeFileSync(join(pair.active.data, 'a'), 'a');
  await pair.passive.finding('DMN-003');
  end();
  await pair.settled();
  expect(pair.differences()).toEqual([]);
});
