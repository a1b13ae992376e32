import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runningPair } from '../support/pair-in-test.ts';
import { until } from '../support/until.ts';

const CHUNK = Buffer.alloc(96 * 1024, 'grows');
const LARGE_BYTES = 3 * 1024 * 1024;
const CHUNKS = 100;
const CHECKED_MS = 240_000;

it('a file that grows or is written while it is copied or checked is no news, for nothing is wrong with the copy', async () => {
  await using pair = await runningPair({
    plant: (data) => fs.writeFileSync(join(data, 'written'), Buffer.alloc(LARGE_BYTES)),
  });
  await pair.synchronized();
  const before = await pair.passive.events('CHK-001');
  for (const name of ['one', 'two', 'three']) {
    const file = fs.openSync(join(pair.active.data, name), 'w');
    // At the pace at which it arrives, so that each chunk comes in the middle of something.
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      fs.writeSync(file, CHUNK);
      await pair.passive.client.call('findings', {});
    }
    fs.closeSync(file);
  }
  const file = fs.openSync(join(pair.active.data, 'written'), 'r+');
  const check = pair.active.run('check');
  let isDone = false;
  const ended = check.then(() => (isDone = true));
  let count = 0;
  await until('the check to end', CHECKED_MS, () => {
    fs.writeSync(file, String(count), (count++ * CHUNK.length) % LARGE_BYTES);
    return isDone ? true : null;
  });
  fs.closeSync(file);
  await ended;
  expect((await check).status).toBe(0);
  await pair.settled();
  expect(pair.differences()).toEqual([]);
  expect(await pair.passive.events('CHK-001')).toEqual(before);
});
