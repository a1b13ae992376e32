/**
 * What it proves: while both daemons run, a change of what is protected has only the difference compared.
 * The rest stays Synchronized and is not read: its content is planted to differ on the passive server in a
 * way that nobody is told of, and would be repaired by any check that came to it.
 */
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../src/api/status.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { changeSettings, type Pair } from '../support/pair.ts';
import { until } from '../support/until.ts';

const WITHIN_MS = 60_000;

it('probe', async () => {
  await using pair = await runningPair({ exclude: ['/data/**/cache/**', '/data/**/*.tmp'], plant: (data) => {
    write(data, 'shop/file', 'shop/cache/one', 'shop/cache/deep/two', 'x.tmp', 'rest/a', 'rest/b');
  } });
  await pair.synchronized();
  const before = await pair.active.status();
  changeSettings(pair.active.pairFile, { protect: { files: { exclude: ['/data/**/*.tmp', '/data/rest/b'] } } });
  await until('the new', WITHIN_MS, () => fs.existsSync(join(pair.passive.data, 'shop/cache/deep/two')) ? true : null);
  await pair.settled();
  const after = await pair.active.status();
  console.log(before.epoch, after.epoch, JSON.stringify(after.fileSystem));
  console.log((await pair.active.client.call('events', { limit: 100 })).events.map((e) => `${e.at} ${e.code} ${e.text}`).join('\n'));
  console.log(namesIn(pair.passive.data));
});

/** Files that hold their own names. */
function write(data: string, ...names: string[]): void {
  for (const name of names) {
    fs.mkdirSync(dirname(join(data, name)), { recursive: true });
    fs.writeFileSync(join(data, name), name);
  }
}

/** Files, with their folders. */
function namesIn(data: string): string[] {
  const names = fs.readdirSync(data, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => fs.statSync(join(data, name)).isFile()).sort();
}
