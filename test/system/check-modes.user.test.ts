/**
 * What it proves: each way to ask for a check finds what it should, repairs or leaves it as asked,
 * and its exit status says so; and what the lists say about items is true.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { API } from '../../src/api/requests.ts';
import { over } from '../support/after-fault.ts';
import { type Pair, startPair } from '../support/pair.ts';
import type { Ran } from '../support/child.ts';
import { until } from '../support/until.ts';

const RESULT = { finished: true, reason: null };
const APART_MS = 120_000;

describe('a pair that compares sizes and times when it starts', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await startPair({ plant, pairSettings: { check: { onStart: 'fast' } } });
  });
  afterAll(() => pair[Symbol.asyncDispose]());

  it('is told by a full check that verifies only of a difference in content, which stays', async () => {
    showLogsOnFailure();
    await pair.synchronized();
    await plantDifference('a/file');
    await pair.synchronized();
    const fast = await pair.active.run('check', '--fast', '--json');
    expect(fast).toMatchObject({ status: 0 });
    expect(result(fast)).toMatchObject({ ...RESULT, differences: 0, repaired: 0 });

    const verified = await pair.active.run('check', '--verify-only', '--json');
    expect(verified.status).toBe(1);
    expect(JSON.parse(verified.stderr)).toMatchObject({ problem: { code: 'CLI-010' } });
    expect(result(verified)).toMatchObject({ ...RESULT, differences: 1, repaired: 0 });
    expect(result(verified).examples).toMatchObject([{ path: '/data/a/file' }]);
    expect(pair.differences()).toEqual([expect.stringContaining('"a/file": content')]);
  });

  it('lists that item, shows how it differs, and does not call itself Synchronized', async () => {
    showLogsOnFailure();
    for (const server of pair.servers) {
      const listed = await server.run('files', '--out-of-sync', '--json');
      expect(listed).toMatchObject({ status: 0, stderr: '' });
      const { items } = API.files.answer.parse(JSON.parse(listed.stdout));
      const found = {
        path: '/data/a/file',
        since: expect.any(String),
        reason: 'content differs; it was compared only',
      };
      expect(items).toMatchObject([{ ...found, status: 'Out of sync' }]);
      const finding = await server.finding('CHK-006');
      expect(finding).toMatchObject({ server: 'secondary', item: null, evidence: ['/data/a/file: content differs'] });
      expect(finding.cause).toContain('1 item found to differ on the passive server');
      const differs = await server.run('diff', '/data/a/file', '--json');
      const shown = API.diff.answer.parse(JSON.parse(differs.stdout));
      expect(shown).toMatchObject({ path: '/data/a/file', status: 'Out of sync' });
      expect(shown.differences.map(({ what }) => what)).toEqual(['content']);
      const status = await server.run('status', '--exit-code', '--json');
      expect(status.status).toBe(1);
      expect(JSON.parse(status.stderr)).toMatchObject({ problem: { code: 'CLI-007' } });
      const { fileSystem } = API.status.answer.parse(JSON.parse(status.stdout));
      expect(fileSystem).toMatchObject({ status: 'Out of sync', itemsOutOfSync: 1 });
    }
  });

  it('leaves it alone where a check of another path is asked for', async () => {
    showLogsOnFailure();
    const other = await pair.active.run('check', '/data/b', '--json');
    expect(other).toMatchObject({ status: 0, stderr: '' });
    expect(result(other)).toMatchObject({ ...RESULT, differences: 0 });
    expect(pair.differences()).not.toEqual([]);
  });

  it('repairs it with a check, and then says so everywhere', async () => {
    showLogsOnFailure();
    const repaired = await pair.active.run('check', '--json');
    expect(repaired).toMatchObject({ status: 0, stderr: '' });
    expect(result(repaired)).toMatchObject({ ...RESULT, differences: 1, repaired: 1 });
    expect(pair.differences()).toEqual([]);
    await pair.synchronized({ after: Date.now() });
    for (const server of pair.servers) {
      expect(await server.run('status', '--exit-code')).toMatchObject({ status: 0, stderr: '' });
      await over(server, 'CHK-006');
      const listed = await server.run('files', '--out-of-sync');
      expect(listed).toMatchObject({ status: 0, stdout: 'Every item is Synchronized.\n' });
      const differs = await server.run('diff', '/data/a/file', '--json');
      expect(JSON.parse(differs.stdout)).toMatchObject({ status: 'Synchronized', differences: [] });
    }
    const again = await pair.active.run('check', '--verify-only');
    expect(again).toMatchObject({ status: 0 });
    expect(again.stdout).toContain('all equal');
  });

  it('repairs one path from either server, and nothing beside it', async () => {
    showLogsOnFailure();
    await plantDifference('a/file', 'b/other');
    await pair.synchronized();
    const one = await pair.passive.run('check', '/data/b', '--json');
    expect(one).toMatchObject({ status: 0, stderr: '' });
    expect(result(one)).toMatchObject({ ...RESULT, differences: 1, repaired: 1 });
    expect(pair.differences()).toEqual([expect.stringContaining('"a/file": content')]);
    const rest = await pair.passive.run('check', '/data/a/file', '--json');
    expect(result(rest)).toMatchObject({ ...RESULT, differences: 1, repaired: 1 });
    expect(pair.differences()).toEqual([]);
  });

  it('finds with a fast check what size and time tell', async () => {
    showLogsOnFailure();
    await pair.passive.stop();
    await pair.active.stop();
    await pair.start();
    await pair.synchronized();
    fs.appendFileSync(join(pair.passive.data, 'a/file'), 'more');
    const fast = await pair.active.run('check', '--fast', '/data/a');
    expect(fast.status).toBe(0);
    expect(pair.differences()).toEqual([]);
  });

  it('refuses a path that is not protected [DMN-006]', async () => {
    showLogsOnFailure();
    for (const command of [
      ['check', '/elsewhere'],
      ['diff', '/elsewhere'],
    ]) {
      const refused = await pair.active.run(...command);
      expect(refused).toMatchObject({ status: 1, stdout: '' });
      expect(refused.stderr).toContain('[DMN-006] /elsewhere is not protected');
    }
    expect(await pair.active.run('check', '--no-such-flag')).toMatchObject({ status: 2, stdout: '' });
  });

  it('lists every item', async () => {
    showLogsOnFailure();
    // What was changed on the passive server is asked for once more a little later, whatever the check found.
    await pair.synchronized({ after: Date.now() });
    const listed = await pair.active.run('files', '--json');
    const { items } = API.files.answer.parse(JSON.parse(listed.stdout));
    const paths = items.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['/data/a', '/data/a/file', '/data/b', '/data/b/other']));
    expect(paths).toEqual([...paths].sort());
    expect(items.every(({ status }) => status === 'Synchronized')).toBe(true);
  });

  /** A byte in each file of the passive's copy is another, and neither size nor time tells. */
  async function plantDifference(...names: readonly string[]): Promise<void> {
    await pair.passive.stop();
    for (const name of names) {
      const path = join(pair.passive.data, name);
      const file = fs.openSync(path, 'r+');
      fs.writeSync(file, '#', 1);
      fs.closeSync(file);
      execFileSync('touch', ['--reference', join(pair.active.data, name), path]);
    }
    await pair.passive.start();
  }

  function showLogsOnFailure(): void {
    onTestFailed(() => void process.stderr.write(`${pair.logs()}\n`));
  }
});

describe('a check without the other server', () => {
  it('says that it cannot run [DMN-002]', async () => {
    await using pair = await startPair({ plant });
    await pair.synchronized();
    await pair.passive.stop();
    // A check that begins before that is known is begun, and given up.
    await until('the two to be apart', APART_MS, async () =>
      (await pair.active.status()).channel.status === 'Connected' ? null : true,
    );
    const refused = await pair.active.run('check');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('[DMN-002]');
  });
});

function plant(data: string): void {
  for (const folder of ['a', 'b']) fs.mkdirSync(join(data, folder));
  fs.writeFileSync(join(data, 'a/file'), 'content');
  fs.writeFileSync(join(data, 'b/other'), 'other content');
}

function result(ran: Ran): { differences: number; repaired: number; examples: unknown[] } {
  const lines = ran.stdout.trim();
  return JSON.parse(lines) as { differences: number; repaired: number; examples: unknown[] };
}
