import fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { UnseenWriter } from '../support/unseen-writer.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const FOUND_MS = 10_000;
const ARRIVAL_MS = 15_000;
const WELL_MS = 30_000;
const PAUSE_MS = 100;
const FILE = 'folder/file';

describe.each(['mapping', 'libaio'] as const)('a file that a program can change without notice, by %s', (way) => {
  it.each([
    ['small', 100],
    ['large', 3 * MIB],
  ])(
    'is unchecked while it does, what it writes arrives, and it is checked once more after: %s',
    async (_size, size) => {
      const original = Buffer.alloc(size, 'a');
      await using pair = await runningPair({ plant: (data) => plant(data, original) });
      await pair.synchronized();
      const differed = await pair.passive.events('CHK-001');
      const writer = await UnseenWriter.start(way, join(pair.active.data, FILE));
      try {
        const finding = await pair.active.finding('CAP-009', FOUND_MS);
        expect(finding).toMatchObject({ severity: 'warning', server: 'primary', item: `/data/${FILE}` });
        expect(finding.cause).toContain(`python3 (process ${writer.pid}`);
        expect(finding.evidence[0]).toContain('unseen_writer.py');
        await unchecked(pair, 1);
        for (const [offset, text] of [
          [10, 'first'],
          [size - 7, 'second'],
        ] as const) {
          await writer.write(offset, text);
          original.write(text, offset);
          await arrives(pair, original);
        }
        await unchecked(pair, 1);
        await writer.write(20, 'last');
        original.write('last', 20);
      } finally {
        await writer[Symbol.asyncDispose]();
      }
      await pair.synchronized({ timeoutMs: WELL_MS, after: Date.now() + 1000 });
      expect(fs.readFileSync(join(pair.passive.data, FILE)).equals(original)).toBe(true);
      expect(pair.differences()).toEqual([]);
      expect((await pair.active.status()).fileSystem.itemsUnchecked).toBe(0);
      expect(await pair.active.findings('CAP-009')).toEqual([]);
      // That it arrived in this way is no fault of the passive's copy.
      expect(await pair.passive.events('CHK-001')).toEqual(differed);
    },
  );
});

it('is told at a start: nothing is Synchronized while a program has a file mapped from before', async () => {
  let file = '';
  await using pair = await runningPair({ plant: (data) => fs.writeFileSync((file = join(data, 'file')), 'content') });
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

it('follows a mapped file through a rename, out of the protected folder and to its end', async () => {
  await using pair = await runningPair({ plant: (data) => fs.writeFileSync(join(data, 'file'), 'content') });
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
  expect(await pair.active.findings('CAP-009')).toEqual([]);
});

it('lets a live SQLite database be Synchronized: its index is made anew from the log', async () => {
  await using pair = await runningPair();
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

function plant(data: string, content: Buffer): void {
  fs.mkdirSync(join(data, 'folder'));
  fs.writeFileSync(join(data, FILE), content);
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
async function arrives(pair: Pair, content: Buffer): Promise<void> {
  await until('what was written to arrive', ARRIVAL_MS, async () => {
    const { status } = (await pair.active.status()).fileSystem;
    expect(status).not.toMatch(/^Synchronized/);
    await new Promise((resume) => setTimeout(resume, PAUSE_MS));
    return fs.readFileSync(join(pair.passive.data, FILE)).equals(content) ? true : null;
  });
}
