import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import type { Pair } from '../support/pair.ts';
import { INTERCEPTED, runningPair } from '../support/pair-in-test.ts';
import { whileStandingStill } from '../support/standing-still.ts';
import { until } from '../support/until.ts';

const FOLDERS = 4;
const FILES = 50;
const WAIT_MS = 120_000;
const LEDGER = 'ledger';

describe('an intercepted folder that is emptied', () => {
  it('is kept as it was before the first deletion, with nothing of what came after, and goes on once confirmed', async () => {
    await using pair = await synchronizedPair();
    note(pair, 'before');
    await pair.settled();
    const before = manifestOf(pair.passive.data);
    await atOnce(pair, () => {
      // One after the other: what is noted comes behind the deletions.
      for (const folder of folders()) {
        fs.rmSync(join(pair.active.data, folder), { recursive: true });
        note(pair, `without ${folder}`);
      }
    });
    const { id, cause } = await pair.passive.finding('APL-020');
    expect(cause).toContain('within a minute');
    expect(compareManifests(before, manifestOf(pair.passive.data))).toEqual([]);
    // Nothing of it is changed, so it is still that one moment; both say so, while they look what differs and after.
    await consistent(pair);
    await pair.passive.stop();
    await pair.passive.start();
    await pair.passive.finding('APL-020');
    expect(missingOf(before, pair)).toEqual([]);
    expect(await pair.passive.run('fix', id)).toMatchObject({ status: 0, stderr: '' });
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
    expect(fs.readdirSync(pair.passive.data)).toEqual([LEDGER]);
  });

  it('is kept where the passive server is killed meanwhile, and goes on by itself when all is back', async () => {
    await using pair = await synchronizedPair();
    const before = manifestOf(pair.passive.data);
    const away = join(pair.top, 'away');
    fs.cpSync(pair.active.data, away, { recursive: true, preserveTimestamps: true });
    await atOnce(pair, () => {
      for (const folder of folders()) fs.rmSync(join(pair.active.data, folder), { recursive: true });
    });
    await until('some of it to be received, or held already', WAIT_MS, async (seen) => {
      const { queues, findings } = await pair.passive.status();
      seen(JSON.stringify({ queues, findings }));
      return queues.receive.records > 0 || findings.some(({ code }) => code === 'APL-020') ? true : null;
    });
    await pair.passive.kill();
    await pair.passive.start();
    await pair.passive.finding('APL-020');
    expect(missingOf(before, pair)).toEqual([]);
    fs.cpSync(away, pair.active.data, { recursive: true, preserveTimestamps: true });
    await until('replication to go on', WAIT_MS, async () =>
      (await pair.passive.findings('APL-020')).length === 0 ? true : null,
    );
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
  });
});

describe('ordinary work in an intercepted folder', () => {
  it('may make and remove files, replace all of them, and remove less than half', async () => {
    await using pair = await synchronizedPair();
    const { data } = pair.active;
    const scratch = join(data, 'scratch');
    for (let round = 0; round < 3; round++) {
      fs.mkdirSync(scratch);
      for (let file = 0; file < 300; file++) fs.writeFileSync(join(scratch, `file-${file}`), '');
      fs.rmSync(scratch, { recursive: true });
    }
    for (const folder of folders()) {
      for (const name of fs.readdirSync(join(data, folder))) {
        fs.writeFileSync(join(data, 'new'), `another ${name}`);
        fs.renameSync(join(data, 'new'), join(data, folder, name));
      }
    }
    fs.rmSync(join(data, 'folder-0'), { recursive: true });
    await pair.settled();
    expect(pair.differences()).toEqual([]);
    expect(await pair.active.events('APL-020')).toEqual([]);
  });
});

function folders(): string[] {
  return Array.from({ length: FOLDERS }, (_, folder) => `folder-${folder}`);
}

async function synchronizedPair(): Promise<Pair> {
  const pair = await runningPair({ pairSettings: INTERCEPTED, plant });
  await pair.synchronized();
  expect((await pair.active.status()).capture).toEqual([{ folder: '/data', kind: 'intercept' }]);
  return pair;
}

function plant(data: string): void {
  for (const folder of folders()) {
    fs.mkdirSync(join(data, folder));
    for (let file = 0; file < FILES; file++) fs.writeFileSync(join(data, folder, `file-${file}`), `content ${file}`);
  }
  fs.writeFileSync(join(data, LEDGER), '');
}

async function consistent(pair: Pair): Promise<void> {
  for (const server of pair.servers)
    await until(`${server.place.identity} to call the copy consistent`, WAIT_MS, async (seen) => {
      const { fileSystem } = await server.status();
      seen(JSON.stringify(fileSystem));
      return fileSystem.status === 'Out of sync' && fileSystem.itemsOutOfSync > 0 && fileSystem.consistent
        ? true
        : null;
    });
}

function note(pair: Pair, line: string): void {
  fs.appendFileSync(join(pair.active.data, LEDGER), `${line}\n`);
}

/**
 * For the passive server, whatever keeps this process, or the active server, from going on in the middle: names go together
 * that go within 100 ms, and where nothing more is said for a second that was all.
 */
async function atOnce({ active, passive }: Pair, action: () => void): Promise<void> {
  await whileStandingStill(passive.daemon?.pid ?? 0, async () => {
    action();
    await until('all of it to be on its way', WAIT_MS, async (seen) => {
      const { records } = (await active.status()).queues.send;
      seen(String(records));
      return records >= FOLDERS * (FILES + 1) ? true : null;
    });
  });
}

/** What lies there stays; times of folders may be the active server's already. */
function missingOf(before: ReturnType<typeof manifestOf>, pair: Pair): string[] {
  return compareManifests(before, manifestOf(pair.passive.data)).filter((line) => !line.includes(': mtimeNs '));
}
