import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import type { Pair } from '../support/pair.ts';
import { runningPair, type WhenFailed } from '../support/pair-in-test.ts';
import { whileStandingStill } from '../support/standing-still.ts';
import { until } from '../support/until.ts';

const FOLDERS = 4;
const FILES = 50;
const WAIT_MS = 120_000;

describe.concurrent('a protected folder that is found emptied when the active server starts', () => {
  it('is kept on the passive server over restarts of both, until the loss is confirmed', async ({ onTestFailed }) => {
    await using pair = await synchronizedPair(onTestFailed);
    const before = manifestOf(pair.passive.data);
    await pair.active.stop();
    empty(pair.active.data);
    await pair.active.start();
    await isPaused(pair, before);
    await pair.passive.stop();
    await pair.passive.start();
    await isPaused(pair, before);
    await pair.active.stop();
    await pair.active.start();
    await isPaused(pair, before);
    // A check that is asked to repair tells what differs, and that it did not.
    const checked = await checkedToItsEnd(pair);
    expect(checked.status).toBe(1);
    // The folders, and the time of the one that held them.
    expect(JSON.parse(checked.stdout)).toMatchObject({ repaired: 0, differences: FOLDERS + 1 });
    expect(missingOf(before, pair)).toEqual([]);

    const { id, action, cause } = await pair.active.finding('APL-020');
    expect(action).toEqual(expect.any(String));
    expect(cause).toContain('/data');
    expect(await pair.active.run('fix', id)).toMatchObject({ status: 0, stderr: '' });
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
    await isOver(pair, 'APL-020');
    // What was confirmed is set aside all the same.
    const { entries } = await pair.passive.client.call('quarantineList', {});
    expect(entries.map(({ path }) => path)).toContain('/data/folder-0');
  });

  it('is paused no more once the data is back, and nothing was deleted', async ({ onTestFailed }) => {
    await using pair = await synchronizedPair(onTestFailed);
    const before = manifestOf(pair.passive.data);
    await pair.active.stop();
    const copy = setAside(pair);
    await pair.active.start();
    await isPaused(pair, before);
    await bringBack(pair, copy);
    await isOver(pair, 'APL-020');
    await pair.settled();
    expect(missingOf(before, pair)).toEqual([]);
    expect((await pair.passive.client.call('quarantineList', {})).entries).toEqual([]);
  });
});

describe.concurrent('a protected folder that is emptied at once while both servers run', () => {
  it('is paused with all of it kept, and goes on by itself when it is back', async ({ onTestFailed }) => {
    await using pair = await synchronizedPair(onTestFailed);
    const copy = join(pair.top, 'copy');
    execFileSync('cp', ['-a', pair.active.data, copy]);
    const before = manifestOf(pair.passive.data);
    await atOnce(pair, () => empty(pair.active.data));
    await pair.passive.finding('APL-020');
    await areOutOfSync(pair);
    expect(missingOf(before, pair)).toEqual([]);
    await pair.passive.stop();
    await pair.passive.start();
    await pair.passive.finding('APL-020');
    expect(missingOf(before, pair)).toEqual([]);
    await bringBack(pair, copy);
    await isOver(pair, 'APL-020');
    await pair.settled();
    expect(pair.differences()).toEqual([]);
  });

  it('is kept as well where the two were apart', async ({ onTestFailed }) => {
    await using pair = await synchronizedPair(onTestFailed);
    const before = manifestOf(pair.passive.data);
    await pair.passive.stop();
    await atOnce(pair, () => empty(pair.active.data));
    await pair.passive.start();
    await pair.passive.finding('APL-020');
    await areOutOfSync(pair);
    expect(missingOf(before, pair)).toEqual([]);
  });

  it('is kept as well where it was moved away', async ({ onTestFailed }) => {
    await using pair = await synchronizedPair(onTestFailed);
    const before = manifestOf(pair.passive.data);
    const away = join(pair.top, 'away');
    fs.mkdirSync(away);
    await atOnce(pair, () => {
      for (const name of fs.readdirSync(pair.active.data)) {
        fs.renameSync(join(pair.active.data, name), join(away, name));
      }
    });
    await pair.passive.finding('APL-020');
    expect(missingOf(before, pair)).toEqual([]);
  });

  it('goes on with the loss once that is confirmed', async ({ onTestFailed }) => {
    await using pair = await synchronizedPair(onTestFailed);
    await atOnce(pair, () => {
      for (const folder of fs.readdirSync(pair.active.data).slice(1)) {
        fs.rmSync(join(pair.active.data, folder), { recursive: true });
      }
    });
    const { id } = await pair.passive.finding('APL-020');
    expect(await pair.passive.run('fix', id)).toMatchObject({ status: 0, stderr: '' });
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
  });
});

describe.concurrent('a protected folder that vanishes', () => {
  it('is kept over restarts, and goes on by itself when it is back', async ({ onTestFailed }) => {
    await using pair = await synchronizedPair(onTestFailed);
    const before = manifestOf(pair.passive.data);
    const away = join(pair.top, 'away');
    fs.renameSync(pair.active.data, away);
    await isKept(pair, before);
    for (const server of [pair.passive, pair.active]) {
      await server.stop();
      await server.start();
      await isKept(pair, before);
    }
    fs.renameSync(away, pair.active.data);
    await isOver(pair, 'APL-021');
    await pair.synchronized();
    expect(compareManifests(before, manifestOf(pair.passive.data))).toEqual([]);
    expect(pair.differences()).toEqual([]);
  });

  it('is emptied on the passive server once that is confirmed', async ({ onTestFailed }) => {
    await using pair = await synchronizedPair(onTestFailed);
    fs.renameSync(pair.active.data, join(pair.top, 'away'));
    const { id } = await pair.active.finding('APL-021');
    expect(await pair.active.run('fix', id)).toMatchObject({ status: 0, stderr: '' });
    await until('the copy to be emptied', WAIT_MS, () =>
      fs.readdirSync(pair.passive.data).length === 0 ? true : null,
    );
    await isOver(pair, 'APL-021');
    expect((await pair.passive.client.call('quarantineList', {})).entries).toHaveLength(FOLDERS);
  });
});

describe.concurrent('ordinary work', () => {
  it('may empty a small set', async ({ onTestFailed }) => {
    await using pair = await runningPair({ plant: (data) => plant(data, 1, 20) }, onTestFailed);
    await pair.synchronized();
    empty(pair.active.data);
    await pair.settled();
    expect(pair.differences()).toEqual([]);
    expect(await pair.active.events('APL-020')).toEqual([]);
  });

  it('may lose less than half of a large one', async ({ onTestFailed }) => {
    await using pair = await synchronizedPair(onTestFailed);
    fs.rmSync(join(pair.active.data, 'folder-0'), { recursive: true });
    await pair.settled();
    expect(pair.differences()).toEqual([]);
    expect(await pair.active.events('APL-020')).toEqual([]);
  });

  it('is never asked about where the settings say so', async ({ onTestFailed }) => {
    await using pair = await runningPair({ plant, pairSettings: { massLoss: { itemsMin: null } } }, onTestFailed);
    await pair.synchronized();
    empty(pair.active.data);
    await pair.settled();
    expect(pair.differences()).toEqual([]);
    expect(await pair.active.events('APL-020')).toEqual([]);
  });
});

function plant(data: string, folders = FOLDERS, files = FILES): void {
  for (let folder = 0; folder < folders; folder++) {
    fs.mkdirSync(join(data, `folder-${folder}`));
    for (let file = 0; file < files; file++) {
      fs.writeFileSync(join(data, `folder-${folder}`, `file-${file}`), `content ${folder} ${file}`);
    }
  }
}

async function synchronizedPair(whenFailed: WhenFailed): Promise<Pair> {
  const pair = await runningPair({ plant: (data) => plant(data) }, whenFailed);
  await pair.synchronized();
  expect(pair.differences()).toEqual([]);
  return pair;
}

function empty(data: string): void {
  for (const name of fs.readdirSync(data)) fs.rmSync(join(data, name), { recursive: true });
}

/** To the active server, whatever keeps this process from going on in the middle: names go together that go within 100 ms. */
async function atOnce({ active }: Pair, action: () => void): Promise<void> {
  await whileStandingStill(active.daemon?.pid ?? 0, action);
}

/** Empties the active server's folder. @returns where all of it is. */
function setAside(pair: Pair): string {
  const copy = join(pair.top, 'copy');
  execFileSync('cp', ['-a', pair.active.data, copy]);
  empty(pair.active.data);
  return copy;
}

/** Once most of it is back the rest would be taken for ordinary work. */
async function bringBack(pair: Pair, copy: string): Promise<void> {
  await atOnce(pair, () => execFileSync('cp', ['-a', `${copy}/.`, pair.active.data]));
}

/** Both say so, and nothing was changed. */
async function isPaused(pair: Pair, before: ReturnType<typeof manifestOf>): Promise<void> {
  for (const server of pair.servers) {
    expect((await server.finding('APL-020')).server).toBe(pair.passive.place.identity);
  }
  await areOutOfSync(pair);
  expect(missingOf(before, pair)).toEqual([]);
}

/** Times of folders may be the active server's already. */
function missingOf(before: ReturnType<typeof manifestOf>, pair: Pair): string[] {
  return compareManifests(before, manifestOf(pair.passive.data)).filter((line) => !line.includes(': mtimeNs '));
}

/** Where the stream begins anew meanwhile a check is given up, and says so. */
async function checkedToItsEnd(pair: Pair): Promise<{ readonly status: number | null; readonly stdout: string }> {
  return await until('a check that is not given up', WAIT_MS, async (seen) => {
    const ran = await pair.active.run('check', '--json');
    seen(ran.stdout + ran.stderr);
    // It was refused, as where the two have just lost each other.
    if (ran.stdout === '') return null;
    return (JSON.parse(ran.stdout) as { finished: boolean }).finished ? ran : null;
  });
}

/** For what is known of the items, not because the two are apart. */
async function areOutOfSync(pair: Pair): Promise<void> {
  for (const server of pair.servers) {
    await until('the status Out of sync', WAIT_MS, async (seen) => {
      const { fileSystem, channel } = await server.status();
      seen(`${fileSystem.status} ${channel.status}`);
      return fileSystem.status === 'Out of sync' && channel.status === 'Connected' ? true : null;
    });
  }
}

async function isKept(pair: Pair, before: ReturnType<typeof manifestOf>): Promise<void> {
  for (const server of pair.servers) await server.finding('APL-021');
  await areOutOfSync(pair);
  expect(compareManifests(before, manifestOf(pair.passive.data))).toEqual([]);
}

async function isOver(pair: Pair, code: string): Promise<void> {
  await until(`the finding ${code} to end`, WAIT_MS, async (seen) => {
    const found = await Promise.all(pair.servers.map((server) => server.findings(code)));
    seen(JSON.stringify(found));
    return found.flat().length === 0 ? true : null;
  });
}
