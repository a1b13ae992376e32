/*
 * What it proves: a snapshot is one moment of the active server's, however long it takes and whatever is written meanwhile.
 * The command that takes it copies the second of two files first, and the first one late.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SnapshotStatus } from '../../src/api/services.ts';
import { type Pair, startPair } from '../support/pair.ts';
import { removeTree } from '../support/remove-tree.ts';
import { until } from '../support/until.ts';

const WAIT_MS = 120_000;
const COPIES = 2;
/** Writes a line into the first file, and then one into the second, again and again. */
const WRITER = 'while :; do echo a line >>"$1/first"; echo a line >>"$1/second"; sleep 0.01; done';
const SLOWLY = [
  'to="$2/$UNDERSTUDY_SEQUENCE"',
  'mkdir "$to"',
  'cp "$1/second" "$to"',
  'sleep 0.5',
  'cp "$1/first" "$to"',
  'echo "$UNDERSTUDY_CONSISTENT $UNDERSTUDY_ROLE" >"$to/said"',
].join('\n');

async function taken(pair: Pair, count: number): Promise<SnapshotStatus> {
  const { status, stderr } = await pair.active.run('snapshots', 'take');
  expect([status, stderr]).toEqual([0, '']);
  return await until(`${count} snapshots`, WAIT_MS, async (seen) => {
    const { snapshots } = await pair.active.client.call('snapshots', {});
    seen(JSON.stringify({ snapshots, findings: await pair.passive.findings('SVC-050') }));
    return snapshots.length === count ? (snapshots[0] ?? null) : null;
  });
}

it('takes a snapshot of one moment, while everything goes on being written', async () => {
  const aside = fs.mkdtempSync(join(tmpdir(), 'understudy-snapshots-'));
  const script = join(aside, 'take.sh');
  fs.writeFileSync(script, '');
  const command = ['sh', '-e', script];
  await using pair = await startPair({ pairSettings: { capture: 'intercept', snapshots: { command } } });
  const { active, passive } = pair;
  fs.writeFileSync(script, `set -- '${passive.data}' '${aside}'\n${SLOWLY}`);
  const writer = spawn('sh', ['-c', WRITER, 'writer', active.data], { stdio: 'ignore' });
  try {
    await until('a consistent copy', WAIT_MS, async (seen) => {
      const { fileSystem, findings } = await passive.status();
      seen(JSON.stringify({ fileSystem, findings }));
      return fileSystem.consistent && fs.existsSync(join(passive.data, 'second')) ? true : null;
    });
    for (let count = 1; count <= COPIES; count++) {
      const { position, ...snapshot } = await taken(pair, count);
      expect(snapshot).toMatchObject({ consistent: true, failure: null });
      const read = (name: string): string => fs.readFileSync(join(aside, String(position.sequence), name), 'utf8');
      const lines = (name: string): number => read(name).split('\n').length;
      // The first is written first.
      expect([0, 1]).toContain(lines('first') - lines('second'));
      expect(read('said')).toBe('true passive\n');
    }
  } finally {
    writer.kill('SIGKILL');
  }
  expect((await active.run('snapshots')).stdout).toContain('one moment of the active server');
  // What was received meanwhile is not lost.
  await pair.settled();
  expect(pair.differences()).toEqual([]);

  fs.writeFileSync(script, 'echo no room >&2\nexit 4\n');
  await taken(pair, COPIES + 1);
  const failed = await active.finding('SVC-050');
  expect([failed.server, failed.evidence]).toEqual(['secondary', ['no room']]);
  removeTree(aside);
});
