import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { over } from '../support/after-fault.ts';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { until } from '../support/until.ts';

const WITHIN_MS = 120_000;

describe('the first pairing with a passive that holds data', () => {
  it('changes nothing until it is confirmed, then sets aside what it replaces', async () => {
    await using pair = await runningPair({ plant, plantPassive });
    const before = manifestOf(pair.passive.data);
    const finding = await pair.active.finding('APL-003');
    expect(finding).toMatchObject({ severity: 'error', action: expect.any(String) });
    // Found by comparing: 1 replaced (both), 2 only there (a folder with a file in it).
    expect(finding.cause).toContain('/data');
    for (const server of pair.servers) {
      // The finding may be told before the report that goes with it.
      await until('what differs to be told', WITHIN_MS, async (seen) => {
        const { fileSystem } = await server.status();
        const { items } = await server.client.call('files', { outOfSync: true });
        seen(JSON.stringify({ fileSystem, items }));
        const paths = items.map(({ path }) => path);
        const isTold = ['/data/both', '/data/folder'].every((path) => paths.includes(path));
        return fileSystem.status === 'Out of sync' && isTold ? true : null;
      });
      const differs = await server.client.call('diff', { path: '/data/both' });
      expect(differs).toMatchObject({ status: 'Out of sync', reason: 'content differs; it was compared only' });
      const all = await server.client.call('files', { limit: 1000 });
      expect(all.items.map(({ path }) => path)).toContain('/data/folder/file');
    }
    expect(compareManifests(before, manifestOf(pair.passive.data))).toEqual([]);

    const fixed = await pair.active.run('fix', finding.id);
    expect(fixed).toMatchObject({ status: 0, stderr: '' });
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
    await over(pair.active, 'APL-003');
    const { entries } = await pair.passive.client.call('quarantineList', {});
    expect(entries.map(({ path }) => path)).toEqual(expect.arrayContaining(['/data/both']));
    expect(entries.some(({ path }) => path.startsWith('/data/only-there'))).toBe(true);
  });

  it('stays stopped over a restart of both', async () => {
    await using pair = await runningPair({ plant, plantPassive });
    await pair.passive.finding('APL-003');
    for (const server of pair.servers) await server.stop();
    const before = manifestOf(pair.passive.data);
    await pair.start();
    await pair.passive.finding('APL-003');
    expect(compareManifests(before, manifestOf(pair.passive.data))).toEqual([]);
  });

  it('goes on unasked where the passive holds nothing', async () => {
    await using pair = await runningPair({ plant });
    await pair.synchronized();
    expect(await pair.passive.events('APL-003')).toEqual([]);
    expect(pair.differences()).toEqual([]);
  });
});

function plant(data: string): void {
  fs.mkdirSync(join(data, 'folder'));
  fs.writeFileSync(join(data, 'folder/file'), 'new');
  fs.writeFileSync(join(data, 'both'), 'of the active');
}

function plantPassive(data: string): void {
  fs.mkdirSync(join(data, 'only-there'));
  fs.writeFileSync(join(data, 'only-there/file'), 'old');
  fs.writeFileSync(join(data, 'both'), 'of the passive, and longer');
}
