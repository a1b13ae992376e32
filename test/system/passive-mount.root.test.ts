/*
 * What it proves: with `capture: intercept` the passive server's folders are read-only to everybody but Understudy.
 * Who reads there meets each change at once, whoever wants to write is refused and named, whoever keeps a file from
 * being updated is named at once; and what the daemon leaves when it is killed is taken away by the next one.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { codeOf } from '../support/error-code.ts';
import { FileHolder } from '../support/file-holder.ts';
import { MappedReader } from '../support/mapped-reader.ts';
import { isMountedOver } from '../support/mounted-folder.ts';
import { changeSettings } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { ANY_LOSS } from '../support/random-operations.ts';
import { until } from '../support/until.ts';

const INTERCEPT = { ...ANY_LOSS, capture: 'intercept' } as const;
const WAIT_MS = 120_000;
const LONG_MS = 240_000;
/** In place: what it was, but for a few bytes in the middle. */
const LARGE_BYTES = 1024 * 1024;

function plant(folder: string): void {
  fs.writeFileSync(join(folder, 'large'), Buffer.alloc(LARGE_BYTES, 'a'));
  for (const name of ['flock', 'posix', 'free']) fs.writeFileSync(join(folder, name), 'old');
  fs.copyFileSync('/bin/sleep', join(folder, 'execution'));
  fs.chmodSync(join(folder, 'execution'), 0o755);
}

it(
  'whoever reads on the passive server meets each change, and whoever wants to write is refused and named',
  async () => {
    await using pair = await runningPair({ pairSettings: INTERCEPT, plant, exclude: ['/data/cache/**'] });
    await pair.synchronized();
    const { data } = pair.passive;
    const at = (name: string): string => join(data, name);
    expect(isMountedOver(data)).toBe(true);
    expect(pair.differences()).toEqual([]);

    // Opened and mapped from before, and not in the way: it only reads.
    await using reader = new MappedReader(at('large'));
    expect((await reader.look()).slice(0, 3).every((seen) => seen === 'a'.repeat(LARGE_BYTES))).toBe(true);
    const file = fs.openSync(join(pair.active.data, 'large'), 'r+');
    fs.writeSync(file, 'changed', LARGE_BYTES / 2);
    fs.closeSync(file);
    await pair.settled();
    for (const seen of (await reader.look()).slice(0, 3)) {
      expect(seen.slice(LARGE_BYTES / 2, LARGE_BYTES / 2 + 8)).toBe('changeda');
    }
    expect(pair.differences()).toEqual([]);

    expect(codeOf(() => fs.writeFileSync(at('free'), 'mine'))).toBe('EROFS');
    expect(codeOf(() => fs.unlinkSync(at('free')))).toBe('EROFS');
    const writer = spawn('sh', ['-c', 'for i in 1 2 3 4 5; do echo mine > "$0"; done', at('new')]);
    await once(writer, 'exit');
    const told = await until('who wanted to write to be named', WAIT_MS, async (seen) => {
      const found = await pair.active.findings('APL-050');
      seen(JSON.stringify(found));
      return (
        found.find(({ item, evidence }) => item === '/data/new' && String(evidence).includes('5 attempts')) ?? null
      );
    });
    expect(JSON.stringify(told)).toContain(`sh (process ${String(writer.pid)}`);
    // Once for each file, however often; that it is over comes half a minute later.
    const events = (await pair.passive.events('APL-050')).filter(({ level }) => level !== 'information');
    expect(events.map(({ item }) => item).sort()).toEqual(['/data/free', '/data/new']);
    fs.mkdirSync(at('cache'));
    fs.writeFileSync(at('cache/mine'), 'not protected');
    expect(fs.readFileSync(join(pair.passive.underneath, 'cache/mine'), 'utf8')).toBe('not protected');
    changeSettings(pair.active.pairFile, {
      protect: { files: { include: ['/data/**'], exclude: ['/data/cache/**', '/data/late/**'] } },
    });
    await until('what is excluded from now on to be writable', WAIT_MS, () =>
      codeOf(() => fs.mkdirSync(at('late'))) === 'none' ? true : null,
    );
    expect(codeOf(() => fs.writeFileSync(at('free'), 'mine'))).toBe('EROFS');
    // None of it was meddling: nothing was done to what is protected.
    expect(await pair.passive.findings('APL-002')).toEqual([]);
  },
  LONG_MS,
);

it(
  'names who keeps a file of a mounted folder from being updated, and goes on once it is free',
  async () => {
    await using pair = await runningPair({
      pairSettings: { ...INTERCEPT, apply: { readers: 'wait' } },
      plant,
      // It comes with the copy.
      plantPassive: (folder) => fs.rmdirSync(folder),
    });
    await until('the folder to be mounted over', WAIT_MS, () => (isMountedOver(pair.passive.data) ? true : null));
    await pair.synchronized();
    const ways = ['flock', 'posix', 'execution'] as const;
    {
      await using held = new AsyncDisposableStack();
      const holders = new Map<string, { readonly pid: number }>();
      for (const way of ways) {
        const holder = held.use(await FileHolder.start(way, join(pair.passive.data, way)));
        holders.set(way, holder);
        const file = fs.openSync(join(pair.active.data, way), 'r+');
        fs.writeSync(file, 'NEW', 0);
        fs.closeSync(file);
      }
      const reader = held.use(new MappedReader(join(pair.passive.data, 'large')));
      await reader.look();
      holders.set('large', reader);
      fs.writeFileSync(join(pair.active.data, 'large'), 'new');
      fs.writeFileSync(join(pair.active.data, 'free'), 'new');
      await until('all who hold to be named', WAIT_MS, async (seen) => {
        const found = await pair.passive.findings('N29');
        seen(JSON.stringify(found));
        const isNamed = (way: string): boolean =>
          found.some(
            ({ item, ...all }) =>
              item === `/data/${way}` && JSON.stringify(all).includes(`(process ${holders.get(way)?.pid}`),
          );
        return [...holders.keys()].every(isNamed) ? true : null;
      });
      await until('others to go on', WAIT_MS, () =>
        fs.readFileSync(join(pair.passive.data, 'free'), 'utf8') === 'new' ? true : null,
      );
      expect(fs.readFileSync(join(pair.passive.data, 'flock'), 'utf8')).toBe('old');
    }
    await pair.settled();
    expect(pair.differences()).toEqual([]);
  },
  LONG_MS,
);

it(
  'is mounted over only once it is a copy, and what a killed daemon leaves is taken away by the next one',
  async () => {
    await using pair = await runningPair({
      pairSettings: INTERCEPT,
      plant: (folder) => fs.writeFileSync(join(folder, 'file'), 'of the active server'),
      plantPassive: (folder) => fs.writeFileSync(join(folder, 'file'), 'of the passive server'),
    });
    const { passive } = pair;
    const { id } = await passive.finding('APL-003', WAIT_MS);
    expect(isMountedOver(passive.data)).toBe(false);
    fs.writeFileSync(join(passive.data, 'mine'), 'until it is confirmed');
    expect((await passive.run('fix', id)).status).toBe(0);
    await until('the folder to be mounted over', WAIT_MS, () => (isMountedOver(passive.data) ? true : null));
    await pair.settled();
    expect(pair.differences()).toEqual([]);

    await passive.crash();
    await until('the copy to be seen', WAIT_MS, () => (isMountedOver(passive.data) ? null : true));
    expect(fs.readdirSync(passive.data)).toContain('file');
    await passive.start();
    await until('the folder to be mounted over again', WAIT_MS, () =>
      codeOf(() => fs.readdirSync(passive.data)) === 'none' && isMountedOver(passive.data) ? true : null,
    );
    await pair.settled();
    expect(pair.differences()).toEqual([]);
    expect(await passive.stop()).toBe(0);
    expect(isMountedOver(passive.data)).toBe(false);
    execFileSync('rm', [join(passive.data, 'file')]);
  },
  LONG_MS,
);
