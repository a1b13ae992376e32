/**
 * What it proves: an item that stays in doubt, because what the passive server asks for is never stated, is named, and is
 * equal once what the finding says was done; content of which an answer was lost on the way comes all the same.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFailed } from 'vitest';
import { converges, over } from '../support/after-fault.ts';
import { LOSES_ANSWERS, LOSES_RECHECKS } from '../support/lossy-stream.ts';
import { makePair } from '../support/pair.ts';
import { until } from '../support/until.ts';

const LOSSY_STREAM = join(import.meta.dirname, '../support/lossy-stream.ts');
const TOLD_WITHIN_MS = 120_000;
const LARGE_BYTES = 3 * 1024 * 1024;

it('what is asked for in vain is named, and content whose answer was lost is asked for again', async () => {
  await using pair = await makePair({ plant: (data) => fs.writeFileSync(join(data, 'doubted'), 'content') });
  onTestFailed(() => void process.stderr.write(`${pair.logs()}\n`));
  await Promise.all([pair.active.start(), pair.passive.start({ preload: LOSSY_STREAM })]);
  await pair.synchronized();
  const { active, passive } = pair;
  const asks = join(passive.stateDirectory, LOSES_RECHECKS);
  fs.writeFileSync(asks, '');
  fs.writeFileSync(join(passive.stateDirectory, LOSES_ANSWERS), '');
  fs.writeFileSync(join(passive.data, 'doubted'), 'CONTENT');
  fs.writeFileSync(join(active.data, 'large'), randomBytes(LARGE_BYTES));
  const [finding, lost] = await Promise.all([
    passive.finding('APL-009', TOLD_WITHIN_MS),
    until('the lost answer to be told', TOLD_WITHIN_MS, async () => (await passive.events('APL-010'))[0] ?? null),
  ]);
  expect(finding).toMatchObject({ item: '/data/doubted', server: 'secondary' });
  expect(finding.cause).toContain('stays Unchecked');
  expect(finding.cause).toContain('asked for it again and again and has not stated it');
  expect(lost).toMatchObject({ item: '/data/large', text: expect.stringContaining('(once)') });
  expect((await passive.status()).fileSystem.status).not.toMatch(/^Synchronized/);
  // As the finding says, which the active server is asked for in another way.
  expect(await active.run('check', '/data/doubted')).toMatchObject({ status: 0 });
  await over(passive, 'APL-009');
  fs.rmSync(asks);
  await converges(pair);
  expect(await passive.findings('APL-010')).toEqual([]);
});
