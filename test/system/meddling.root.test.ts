import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { until } from '../support/until.ts';

/** In the proof, on a machine that does nothing else, as soon as was promised. */
const AT_ONCE_MS = proofRuns({ short: 120_000, full: 5_000 });

/** Run as root, because only then the kernel names who wrote. */
describe('a program that writes into the copy of the passive', () => {
  it('is named, and what it did is repaired', async () => {
    await using pair = await runningPair({ plant });
    await pair.synchronized();
    const script = 'echo meddled > "$1"; rm "$2"; echo stray > "$3"; read -r end';
    // It lives on until it was named: the kernel tells its number only.
    const writer = spawn('sh', ['-c', script, 'sh', ...paths(pair.passive.data)], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const named = await until('the finding that names the writer', AT_ONCE_MS, async (seen) => {
      const events = await pair.passive.events('APL-002');
      seen(JSON.stringify(events));
      return events.some(({ item }) => item === '/data/a/file') ? events : null;
    });
    writer.kill();
    expect(named.map(({ text }) => text).join('\n')).toMatch(/\bsh\b/);
    await pair.settled();
    expect(pair.differences()).toEqual([]);
  });

  it('makes the item Unchecked at once, and for as long as nobody can compare it', async () => {
    await using pair = await runningPair({ plant });
    await pair.synchronized();
    await pair.active.kill();
    fs.writeFileSync(join(pair.passive.data, 'a/file'), 'meddled');
    await until('the item to be Unchecked', AT_ONCE_MS, async (seen) => {
      const { items } = await pair.passive.client.call('files', { outOfSync: true });
      seen(JSON.stringify(items));
      return items.some(({ path, status }) => path === '/data/a/file' && status === 'Unchecked') ? true : null;
    });
    expect((await pair.passive.status()).fileSystem.status).not.toMatch(/^Synchronized/);
    await pair.active.start();
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
  });
});

function plant(data: string): void {
  fs.mkdirSync(join(data, 'a'));
  fs.writeFileSync(join(data, 'a/file'), 'content');
  fs.writeFileSync(join(data, 'a/other'), 'other');
}

function paths(data: string): string[] {
  return [join(data, 'a/file'), join(data, 'a/other'), join(data, 'a/stray')];
}
