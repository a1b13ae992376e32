/**
 * What it proves: while both daemons run, a change of what is protected has only the difference
 * compared. The rest is not read, by either server; measured by what the kernel says that each of them
 * read. Killed in the middle of it, either server comes to the same end.
 */
import fs from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { coveredPart } from '../support/covered-manifest.ts';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { INTERCEPTED, runningPair, type WhenFailed } from '../support/pair-in-test.ts';
import type { PairFileValues } from '../../src/settings/pair-schema.ts';
import { changeSettings, type Pair, type PairOptions } from '../support/pair.ts';
import type { TrialServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const WITHIN_MS = 120_000;
const KIB = 1024;
const EXCLUDE = ['/data/**/cache/**', '/data/**/*.tmp'];
const REST_FILES = 256;
const REST_FILE_BYTES = 256 * KIB;
const REST_BYTES = REST_FILES * REST_FILE_BYTES;
/** What a daemon reads besides in some seconds: its database, its settings, /proc. */
const READ_BYTES_MAX = REST_BYTES / 4;
/** A stopped server is not missed while the test looks at the other one. */
const PATIENT_CHANNEL = { lostAfterMs: 60_000, waitMs: 30_000 };

describe.concurrent('what comes into the protected set while both run', () => {
  it('is compared and sent, and the rest is not read', async ({ onTestFailed }) => {
    await using pair = await patientPair(onTestFailed, REST_FILES);
    const { active, passive } = pair;
    // What was left out until now, here, there, and on both.
    write(active.data, 'shop/cache/same', 'shop/cache/other', 'shop/cache/deep/new', 'shop/new.tmp');
    write(passive.data, 'shop/cache/same', 'shop/cache/only-here', 'shop/cache/own/only-here', 'shop/only-here.tmp');
    fs.writeFileSync(join(passive.data, 'shop/cache/other'), 'something else');
    const before = { epoch: (await active.status()).epoch, read: bytesRead(active) + bytesRead(passive) };
    signal(passive, 'SIGSTOP');
    exclude(pair, []);
    // Until the other server has compared it, each new item counts as unchecked: folders and files.
    await until('the new items to count', WITHIN_MS, async (seen) => {
      const { status, itemsUnchecked } = (await active.status()).fileSystem;
      seen(`${status}, ${String(itemsUnchecked)} unchecked`);
      return status === 'Unchecked' && itemsUnchecked === NEW_ITEMS ? true : null;
    });
    signal(passive, 'SIGCONT');
    await pair.settled();
    // To compare them reads all of both, through the daemons where they are mounted over.
    const read = bytesRead(active) + bytesRead(passive) - before.read;
    expect(pair.differences()).toEqual([]);
    process.stdout.write(`Both servers read ${String(read)} bytes; the rest has ${String(REST_BYTES)}\n`);
    expect(read).toBeLessThan(READ_BYTES_MAX);
    expect((await active.status()).epoch).toBe(before.epoch);
    const { entries } = await passive.client.call('quarantineList', {});
    expect(entries.map(({ path, reason }) => `${path} ${reason}`).sort()).toEqual([
      '/data/shop/cache/only-here orphan',
      '/data/shop/cache/other changed-on-passive',
      '/data/shop/cache/own orphan',
      '/data/shop/only-here.tmp orphan',
    ]);
    expect((await passive.client.call('files', { outOfSync: true })).items).toEqual([]);
  });

  it('may be a folder of its own, one that is not there yet, and a single file', async ({ onTestFailed }) => {
    // What may be intercepted takes a new start where another folder comes to it.
    await using pair = await patientPair(onTestFailed, 0, { capture: 'watch' });
    const { active, passive } = pair;
    for (const { base } of pair.servers) fs.mkdirSync(join(base, 'more'));
    write(join(active.base, 'more'), 'a', 'deep/b');
    write(join(passive.base, 'more'), 'only-here');
    write(join(active.base, 'etc'), 'one', 'two');
    const { epoch } = await active.status();
    const include = ['/data/**', '/more/**', '/later/**', '/etc/one'];
    changeSettings(active.pairFile, { protect: { files: { include } } });
    await until('the new folder on the passive server', WITHIN_MS, () =>
      fs.existsSync(join(passive.base, 'more/deep/b')) && fs.existsSync(join(passive.base, 'etc/one')) ? true : null,
    );
    await active.finding('CAP-001', WITHIN_MS);
    fs.appendFileSync(join(active.base, 'more/deep/b'), ' and more');
    write(join(active.base, 'later'), 'x');
    await pair.settled();
    expect(namesIn(join(passive.base, 'more'))).toEqual(['a', 'deep/b']);
    expect(compareManifests(manifestOf(join(active.base, 'more')), manifestOf(join(passive.base, 'more')))).toEqual([]);
    expect(namesIn(join(passive.base, 'later'))).toEqual(['x']);
    expect(namesIn(join(passive.base, 'etc'))).toEqual(['one']);
    expect((await active.status()).epoch).toBe(epoch);

    changeSettings(active.pairFile, { protect: { files: { include: ['/data/**'] } } });
    await until('one folder to be left', WITHIN_MS, async () =>
      (await active.status()).capture.length === 1 ? true : null,
    );
    fs.rmSync(join(active.base, 'more'), { recursive: true });
    await pair.settled();
    expect(namesIn(join(passive.base, 'more'))).toEqual(['a', 'deep/b']);
  });
});

describe.concurrent('what leaves the protected set while both run', () => {
  it('stays on the passive server as it is, for good, and nothing is said of it any more', async ({ onTestFailed }) => {
    await using pair = await patientPair(onTestFailed);
    const { active, passive } = pair;
    exclude(pair, []);
    write(active.data, 'shop/cache/one', 'shop/cache/deep/two', 'x.tmp');
    const socket = createServer().listen(join(active.data, 'shop/cache/socket'));
    await active.finding('CAP-007', WITHIN_MS);
    await pair.settled();
    const { epoch } = await active.status();
    exclude(pair, EXCLUDE);
    await until('the finding to end', WITHIN_MS, async () =>
      (await active.findings('CAP-007')).length === 0 ? true : null,
    );
    await new Promise((closed) => socket.close(closed));
    fs.rmSync(join(active.data, 'shop/cache'), { recursive: true });
    fs.rmSync(join(active.data, 'x.tmp'));
    await pair.settled();
    const left = ['shop/cache/deep/two', 'shop/cache/one', 'x.tmp'];
    expect(unlikeRest(passive.data)).toEqual([...left, 'shop/file'].sort());
    expect((await active.status()).epoch).toBe(epoch);
    expect(await active.run('check')).toMatchObject({ status: 0 });
    await passive.kill();
    await passive.start();
    await pair.settled();
    expect(unlikeRest(passive.data)).toEqual([...left, 'shop/file'].sort());
    expect((await passive.client.call('quarantineList', {})).entries).toEqual([]);
  });
});

describe.concurrent('a change of the protected set that is interrupted', () => {
  it.for(['active', 'passive'] as const)('by a kill of the %s server ends right', async (victim, { onTestFailed }) => {
    await using pair = await patientPair(onTestFailed);
    const { active, passive } = pair;
    write(passive.data, 'shop/cache/only-here');
    write(active.data, ...NEW_NAMES);
    // Who is stopped below has nothing else to do then.
    await pair.settled();
    // Before the passive server knows, and when a part has arrived.
    for (const moment of ['told', 'begun'] as const) {
      if (moment === 'told') signal(passive, 'SIGSTOP');
      exclude(pair, moment === 'told' ? ['/data/**/*.tmp'] : ['/data/shop/leaves']);
      await until('the change to be under way', WITHIN_MS, async () =>
        moment === 'told' ? isUnchecked(active) : fs.existsSync(join(passive.data, 'shop/early.tmp')) || null,
      );
      await pair[victim].kill();
      if (moment === 'told' && victim === 'active') signal(passive, 'SIGCONT');
      await pair[victim].start();
      await pair.settled();
    }
    expect(fs.existsSync(join(passive.data, 'shop/leaves'))).toBe(true);
    fs.rmSync(join(active.data, 'shop/leaves'));
    await pair.settled();
    expect(fs.existsSync(join(passive.data, 'shop/leaves'))).toBe(true);
    const covered = (data: string) =>
      coveredPart(manifestOf(data), '/data', { include: ['/data/**'], exclude: ['/data/shop/leaves'] });
    expect(compareManifests(covered(active.data), covered(passive.data))).toEqual([]);
  });
});

/** The folders `cache` and `deep`, three files in them, and a file beside. */
const NEW_ITEMS = 6;
/** Enough to be met in the middle. */
const NEW_NAMES = [
  'shop/leaves',
  'shop/early.tmp',
  ...Array.from({ length: 400 }, (_, number) => `shop/cache/${String(number)}`),
  ...Array.from({ length: 400 }, (_, number) => `shop/${String(number)}.tmp`),
];

async function patientPair(whenFailed: WhenFailed, restFiles = 0, more: Partial<PairFileValues> = {}): Promise<Pair> {
  const options: PairOptions = {
    exclude: EXCLUDE,
    pairSettings: { channel: PATIENT_CHANNEL, ...INTERCEPTED, ...more },
    plant: (data) => {
      write(data, 'shop/file');
      fs.mkdirSync(join(data, 'rest'));
      for (let file = 0; file < restFiles; file++) {
        fs.writeFileSync(join(data, 'rest', String(file)), Buffer.alloc(REST_FILE_BYTES, `${String(file)};`));
      }
    },
  };
  const pair = await runningPair(options, whenFailed);
  await pair.settled();
  return pair;
}

function exclude(pair: Pair, patterns: readonly string[]): void {
  changeSettings(pair.active.pairFile, { protect: { files: { exclude: patterns } } });
}

async function isUnchecked(server: TrialServer): Promise<true | null> {
  return (await server.status()).fileSystem.status === 'Unchecked' ? true : null;
}

function signal({ daemon }: TrialServer, which: NodeJS.Signals): void {
  if (daemon !== null) process.kill(daemon.pid, which);
}

/** By read(2) and its like, so far: from whatever file, be it in the page cache. */
function bytesRead({ daemon }: TrialServer): number {
  const told = fs.readFileSync(`/proc/${String(daemon?.pid)}/io`, 'utf8');
  return Number(/^rchar: (\d+)$/m.exec(told)?.[1]);
}

/** Files that hold their own names. */
function write(data: string, ...names: string[]): void {
  for (const name of names) {
    fs.mkdirSync(dirname(join(data, name)), { recursive: true });
    fs.writeFileSync(join(data, name), name);
  }
}

function unlikeRest(data: string): string[] {
  return namesIn(data).filter((name) => !name.startsWith('rest/'));
}

/** Files, with their folders. */
function namesIn(data: string): string[] {
  const names = fs.readdirSync(data, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => fs.statSync(join(data, name)).isFile()).sort();
}
