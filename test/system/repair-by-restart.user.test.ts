import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../src/api/requests.ts';
import { sharedPair } from '../support/pair-in-test.ts';
import type { TrialServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const TOLD_WITHIN_MS = 120_000;

/** Damage done to the passive's copy while no daemon runs there; the path that must be named. */
const DAMAGE: readonly (readonly [string, string, (passive: string, active: string) => void])[] = [
  ['a missing file', '/data/a/file', (passive) => fs.rmSync(join(passive, 'a/file'))],
  ['a missing empty folder', '/data/empty', (passive) => fs.rmdirSync(join(passive, 'empty'))],
  ['a wrong folder mode', '/data/a', (passive) => fs.chmodSync(join(passive, 'a'), 0o700)],
  ['one wrong byte in a small file', '/data/a/file', (passive, active) => spoil({ passive, active, name: 'a/file' })],
  ['one wrong byte in a large file', '/data/large', (passive, active) => spoil({ passive, active, name: 'large' })],
  ['a wrong time', '/data/a/file', (passive) => fs.utimesSync(join(passive, 'a/file'), 1, 1)],
  ['a wrong link', '/data/link', relink],
];

/** How it is told, where it is more than that it differed. */
const SAID: Readonly<Record<string, RegExp>> = {
  'a wrong folder mode': /: mode 0700 instead of 0\d+/,
  'a wrong time': /: modified 1970-01-01T00:00:01\.0+Z instead of 2/,
};

describe('a restart alone', () => {
  const shared = sharedPair(() => ({ plant }));

  it.each(DAMAGE)('names and repairs %s', async (what, item, damage) => {
    const pair = shared();
    await pair.synchronized();
    const [here, there] = [await newsOn(pair.active), await newsOn(pair.passive)];
    await pair.passive.stop();
    damage(pair.passive.data, pair.active.data);
    expect(pair.differences()).not.toEqual([]);
    await pair.passive.start();
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
    // On either server: each tells the other what happened.
    expect(itemsOf(await there(), 'CHK-001')).toContain(item);
    for (const said of [SAID[what] ?? /differed/, /^Ended: check of everything: \d+ items .* looked at in \d/])
      await isTold(here, said);
  });

  it('names and sets aside what only the passive has', async () => {
    const pair = shared();
    await pair.synchronized();
    const news = await newsOn(pair.passive);
    await pair.passive.client.call('quarantinePurge', { id: null });
    await pair.passive.stop();
    fs.writeFileSync(join(pair.passive.data, 'orphan'), 'kept');
    await pair.passive.start();
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
    expect(itemsOf(await news(), 'CHK-002')).toContain('/data/orphan');
    const { entries } = await pair.passive.client.call('quarantineList', {});
    expect(entries).toMatchObject([{ path: '/data/orphan', sizeBytes: 4 }]);
    const restore = ['quarantine', 'restore', entries[0]?.id ?? ''];
    const refused = await pair.passive.run(...restore);
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('[APL-008]') });
    const elsewhere = join(pair.top, 'found');
    expect(await pair.passive.run(...restore, '--to', elsewhere)).toMatchObject({ status: 0 });
    expect(fs.readFileSync(elsewhere, 'utf8')).toBe('kept');
    await isTold(() => eventsOf(pair.active), `Restored from the quarantine: /data/orphan, as ${elsewhere}`);
  });

  it('of the active alone verifies everything as well', async () => {
    const pair = shared();
    await pair.synchronized();
    const news = await newsOn(pair.passive);
    await pair.active.stop();
    // Changed while nobody watched: with the old size and time no list of files would tell.
    spoil({ passive: pair.active.data, active: pair.passive.data, name: 'a/file' });
    await pair.active.start();
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
    expect(itemsOf(await news(), 'CHK-001')).toContain('/data/a/file');
  });
});

/** What is told on a server from now on; the pair was repaired before. @returns who asks for it. */
async function newsOn(server: TrialServer): Promise<() => Promise<readonly EventRecord[]>> {
  const earlier = new Set((await eventsOf(server)).map(({ id }) => id));
  return async () => (await eventsOf(server)).filter(({ id }) => !earlier.has(id));
}

/** What happened on the other server is told here a moment later. */
async function isTold(news: () => Promise<readonly EventRecord[]>, said: RegExp | string): Promise<void> {
  await until(`${String(said)} to be told`, TOLD_WITHIN_MS, async (seen) => {
    const texts = (await news()).map(({ text }) => text);
    seen(texts.join('\n'));
    return texts.some((text) => (typeof said === 'string' ? text === said : said.test(text))) ? true : null;
  });
}

async function eventsOf(server: TrialServer): Promise<readonly EventRecord[]> {
  return (await server.client.call('events', { limit: 1000 })).events;
}

function itemsOf(events: readonly EventRecord[], code: string): (string | null)[] {
  return events.filter((event) => event.code === code).map(({ item }) => item);
}

function plant(data: string): void {
  fs.mkdirSync(join(data, 'a'), { recursive: true, mode: 0o750 });
  fs.mkdirSync(join(data, 'empty'));
  fs.writeFileSync(join(data, 'a/file'), 'content');
  fs.writeFileSync(join(data, 'large'), Buffer.alloc(2 * MIB, 'large'));
  fs.symlinkSync('a/file', join(data, 'link'));
}

/** One byte is another, and neither size nor time tells. */
function spoil(at: { passive: string; active: string; name: string }): void {
  const path = join(at.passive, at.name);
  const file = fs.openSync(path, 'r+');
  fs.writeSync(file, '#', 3);
  fs.closeSync(file);
  execFileSync('touch', ['--reference', join(at.active, at.name), path]);
}

function relink(passive: string): void {
  fs.rmSync(join(passive, 'link'));
  fs.symlinkSync('elsewhere', join(passive, 'link'));
}
