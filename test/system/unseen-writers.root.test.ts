import fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { over } from '../support/after-fault.ts';
import type { Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { UnseenWriter } from '../support/unseen-writer.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const FOUND_MS = 120_000;
const ARRIVAL_MS = 120_000;
const WELL_MS = 120_000;
const PAUSE_MS = 100;

it.concurrent.for(['mapping', 'libaio'] as const)(
  'files that a program can change without notice are unchecked while it can, and arrive: %s',
  async (way, { onTestFailed }) => {
    const files = [
      { name: 'folder/small', content: Buffer.alloc(100, 'a') },
      { name: 'folder/large', content: Buffer.alloc(3 * MIB, 'a') },
    ];
    const plant = (data: string): void => {
      fs.mkdirSync(join(data, 'folder'));
      for (const { name, content } of files) fs.writeFileSync(join(data, name), content);
    };
    await using pair = await runningPair({ plant }, onTestFailed);
    await pair.synchronized();
    const differed = await pair.passive.events('CHK-001');
    {
      await using first = await UnseenWriter.start(way, join(pair.active.data, 'folder/small'));
      await using second = await UnseenWriter.start(way, join(pair.active.data, 'folder/large'));
      const writers = [first, second];
      await unchecked(pair, 2);
      await expectTold(pair, first.pid);
      for (const text of ['once', 'again']) {
        for (const [index, { content }] of files.entries()) {
          await writers[index]?.write(content.length - 10, text);
          content.write(text, content.length - 10);
        }
        await arrive(pair, files);
      }
      await unchecked(pair, 2);
      for (const [index, { content }] of files.entries()) {
        await writers[index]?.write(0, 'last');
        content.write('last');
      }
    }
    await pair.synchronized({ timeoutMs: WELL_MS, after: Date.now() + 1000 });
    for (const { name, content } of files) {
      expect(fs.readFileSync(join(pair.passive.data, name)).equals(content)).toBe(true);
    }
    expect(pair.differences()).toEqual([]);
    expect((await pair.active.status()).fileSystem.itemsUnchecked).toBe(0);
    await over(pair.active, 'CAP-009');
    // That it arrived in this way is no fault of the passive's copy.
    expect(await pair.passive.events('CHK-001')).toEqual(differed);
  },
);

it.concurrent('is told at a start: nothing is Synchronized while a program has a file mapped from before', async ({
  onTestFailed,
}) => {
  let file = '';
  await using pair = await runningPair(
    { plant: (data) => fs.writeFileSync((file = join(data, 'file')), 'content') },
    onTestFailed,
  );
  await pair.synchronized();
  await using writer = await UnseenWriter.start('mapping', file);
  await pair.active.finding('CAP-009', FOUND_MS);
  expect(await pair.active.stop()).toBe(0);
  await writer.write(0, 'CONTENT');
  await pair.active.start();
  const seen = new Set<string>();
  await until('the mapped file to arrive', WELL_MS, async () => {
    seen.add((await pair.active.status()).fileSystem.status);
    return fs.readFileSync(join(pair.passive.data, 'file'), 'utf8') === 'CONTENT' ? true : null;
  });
  await unchecked(pair, 1);
  expect([...seen].filter((status) => status.startsWith('Synchronized'))).toEqual([]);
});

it.concurrent('follows a mapped file through a rename, out of the protected folder and to its end', async ({
  onTestFailed,
}) => {
  await using pair = await runningPair(
    { plant: (data) => fs.writeFileSync(join(data, 'file'), 'content') },
    onTestFailed,
  );
  await pair.synchronized();
  await using _writer = await UnseenWriter.start('mapping', join(pair.active.data, 'file'));
  await pair.active.finding('CAP-009', FOUND_MS);
  fs.renameSync(join(pair.active.data, 'file'), join(pair.active.data, 'renamed'));
  await until('the finding to follow', FOUND_MS, async () => {
    const items = (await pair.active.findings('CAP-009')).map(({ item }) => item);
    return items.length === 1 && items[0] === '/data/renamed' ? true : null;
  });
  fs.rmSync(join(pair.active.data, 'renamed'));
  await pair.synchronized({ timeoutMs: WELL_MS, after: Date.now() + 2000 });
  await over(pair.active, 'CAP-009');
});

it.concurrent('lets a live SQLite database be Synchronized: its index is made anew from the log', async ({
  onTestFailed,
}) => {
  await using pair = await runningPair({}, onTestFailed);
  const database = new DatabaseSync(join(pair.active.data, 'db.sqlite'));
  try {
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)');
    const finding = await pair.active.finding('CAP-010', FOUND_MS);
    expect(finding).toMatchObject({ severity: 'information', item: '/data/db.sqlite-shm' });
    await pair.synchronized();
    expect(await pair.active.findings('CAP-009')).toEqual([]);
  } finally {
    database.close();
  }
});

async function expectTold(pair: Pair, pid: number): Promise<void> {
  // What the active server found, it tells a moment after it has counted it.
  const finding = await until('the other server to name it', FOUND_MS, async (seen) => {
    const found = await pair.passive.findings('CAP-009');
    seen(JSON.stringify(found));
    return found.find(({ item }) => item === '/data/folder/small') ?? null;
  });
  expect(finding).toMatchObject({ severity: 'warning', server: 'primary' });
  expect(finding.cause).toContain(`python3 (process ${pid}`);
  expect(finding.evidence[0]).toContain('unseen_writer.py');
  const { items } = await pair.passive.client.call('files', { outOfSync: true, limit: 10 });
  expect(items.map(({ path, status }) => `${path} ${status}`)).toEqual([
    '/data/folder/large Unchecked',
    '/data/folder/small Unchecked',
  ]);
}

async function unchecked(pair: Pair, items: number): Promise<void> {
  for (const server of pair.servers) {
    await until('Unchecked', FOUND_MS, async (seen) => {
      const { status, itemsUnchecked } = (await server.status()).fileSystem;
      seen(`${status} ${itemsUnchecked}`);
      return status === 'Unchecked' && itemsUnchecked === items ? true : null;
    });
  }
}

/** Never is anything Synchronized meanwhile. */
async function arrive(pair: Pair, files: readonly { name: string; content: Buffer }[]): Promise<void> {
  await until('what was written to arrive', ARRIVAL_MS, async () => {
    const { status } = (await pair.active.status()).fileSystem;
    expect(status).not.toMatch(/^Synchronized/);
    await pause(PAUSE_MS);
    const isHere = files.every(({ name, content }) => fs.readFileSync(join(pair.passive.data, name)).equals(content));
    return isHere ? true : null;
  });
}
