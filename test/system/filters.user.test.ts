import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INTERCEPTED, runningPair } from '../support/pair-in-test.ts';
import { changeSettings, type Pair, type PairOptions } from '../support/pair.ts';
import { TemporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

const WITHIN_MS = 120_000;

/** Where these tests run as root, both kinds. */
const CAPTURES = [{ capture: 'watch' as const }, ...(INTERCEPTED.capture === undefined ? [] : [INTERCEPTED])];
const EXCLUDE = ['/data/**/cache/**', '/data/**/*.tmp'];

describe('what the settings leave out', () => {
  it('is never moved or deleted when a check finds what only the passive server has', async () => {
    await using pair = await synchronizedPair();
    await pair.passive.stop();
    write(pair.passive.data, 'shop/cache/own', 'shop/own.tmp', 'shop/orphan');
    write(pair.passive.data, 'only-here/deep/cache/own', 'only-here/deep/orphan', 'only-here/orphan');
    write(pair.passive.data, 'all-orphans/deep/orphan');
    await pair.passive.start();
    await pair.synchronized();
    expect(namesIn(pair.passive.data)).toEqual([
      'only-here/deep/cache/own',
      'shop/cache/own',
      'shop/file',
      'shop/own.tmp',
    ]);
    const { entries } = await pair.passive.client.call('quarantineList', {});
    const paths = ['all-orphans', 'only-here/deep/orphan', 'only-here/orphan', 'shop/orphan'];
    expect(entries.map(({ path }) => path).sort()).toEqual(paths.map((path) => `/data/${path}`));

    // What is left of a folder is no item, and no difference.
    const checked = await pair.active.run('check', '--json');
    expect(checked).toMatchObject({ status: 0 });
    expect((await pair.passive.client.call('quarantineList', {})).entries).toHaveLength(paths.length);
    expect((await pair.passive.client.call('files', { outOfSync: true })).items).toEqual([]);
  });

  it('stays on the passive server when the folder around it is deleted on the active one', async () => {
    await using pair = await synchronizedPair();
    write(pair.passive.data, 'shop/cache/own', 'shop/own.tmp');
    fs.rmSync(join(pair.active.data, 'shop'), { recursive: true });
    await pair.settled();
    expect(namesIn(pair.passive.data)).toEqual(['shop/cache/own', 'shop/own.tmp']);
    write(pair.active.data, 'shop/again');
    await pair.settled();
    expect(namesIn(pair.passive.data)).toEqual(['shop/again', 'shop/cache/own', 'shop/own.tmp']);
    expect((await pair.passive.client.call('quarantineList', {})).entries).toEqual([]);
  });
});

describe.each(CAPTURES)('a rename across the border of what is protected (capture: $capture)', ({ capture }) => {
  it('into it brings a file and a folder with all that is in it', async () => {
    await using pair = await synchronizedPair({ pairSettings: { capture } });
    const { data } = pair.active;
    write(data, 'new.tmp', 'shop/cache/folder/one', 'shop/cache/folder/deep/two', 'replacing.tmp');
    fs.renameSync(join(data, 'new.tmp'), join(data, 'new'));
    fs.renameSync(join(data, 'shop/cache/folder'), join(data, 'shop/folder'));
    fs.renameSync(join(data, 'replacing.tmp'), join(data, 'shop/file'));
    await pair.settled();
    expect(namesIn(pair.passive.data)).toEqual(['new', 'shop/file', 'shop/folder/deep/two', 'shop/folder/one']);
    expect(fs.readFileSync(join(pair.passive.data, 'shop/file'), 'utf8')).toBe('replacing.tmp');
    expect(fs.readFileSync(join(pair.passive.data, 'shop/folder/deep/two'), 'utf8')).toBe('shop/cache/folder/deep/two');
  });

  it('out of it takes them away, and a later change of them is not told', async () => {
    await using pair = await synchronizedPair({ pairSettings: { capture } });
    const { data } = pair.active;
    write(data, 'shop/folder/one', 'shop/folder/deep/two', 'shop/cache/x');
    await pair.settled();
    fs.renameSync(join(data, 'shop/folder'), join(data, 'shop/cache/folder'));
    fs.renameSync(join(data, 'shop/file'), join(data, 'shop/file.tmp'));
    fs.appendFileSync(join(data, 'shop/cache/folder/one'), 'more');
    await pair.settled();
    expect(namesIn(pair.passive.data)).toEqual([]);
    fs.renameSync(join(data, 'shop/cache/folder'), join(data, 'back'));
    await pair.settled();
    expect(namesIn(pair.passive.data)).toEqual(['back/deep/two', 'back/one']);
    expect(fs.readFileSync(join(pair.passive.data, 'back/one'), 'utf8')).toBe('shop/folder/onemore');
  });
});

describe('what must not be protected', () => {
  it('is refused one by one, with a problem each, also while the daemons run', async () => {
    using home = new TemporaryHome();
    const homes = { primary: join(home.folder, 'primary'), secondary: join(home.folder, 'secondary') };
    // Where the product's own folder could be protected.
    const queues = { freeBytesMin: 0, sizeBytesMax: 64 * 1024 * 1024 };
    await using pair = await synchronizedPair({
      homes,
      serverSettings: (identity) => ({ queues: { ...queues, directory: join(homes[identity], 'base/queues') } }),
    });
    const include = ['/data/**', '/queues/**', '/data/shop/*', '/**'];
    changeSettings(pair.active.pairFile, { protect: { files: { include } } });
    expect(await pair.active.finding('CFG-006')).toMatchObject({ severity: 'error' });
    write(pair.active.data, 'later');
    await pair.settled();
    expect(namesIn(pair.passive.data)).toEqual(['later', 'shop/file']);
    const expected = [
      '/data/**: Effective',
      '/data/shop/*: Subset',
      '/queues/**: Not Effective',
      '/**: Not Effective',
      ...EXCLUDE.map((pattern) => `${pattern}: Effective`),
    ];
    // The settings go to the other server beside the stream.
    await until('the passive server to have the settings', WITHIN_MS, async (seen) => {
      const shown = (await pair.passive.status()).filters.map(({ pattern, state }) => `${pattern}: ${state}`);
      seen(shown.join('\n'));
      return shown.join() === expected.join() ? true : null;
    });
    const shown = await pair.active.run('status');
    expect(shown.stdout).toContain(`Understudy's own queues.directory`);
    expect(shown.stdout).toContain('include /data/shop/*  Subset: /data/** includes all of it');
    expect(shown.stdout).toContain('include /**  Not Effective: it would protect the whole machine');
  });
});

async function synchronizedPair(options: PairOptions = {}): Promise<Pair> {
  const pair = await runningPair({
    exclude: EXCLUDE,
    pairSettings: INTERCEPTED,
    plant: (data) => write(data, 'shop/file'),
    ...options,
  });
  await pair.synchronized();
  return pair;
}

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
