import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { type Pair, startPair } from '../support/pair.ts';
import { INTERCEPTED, runningPair } from '../support/pair-in-test.ts';

const MIB = 1024 * 1024;
const ARRIVAL_MS = 120_000;

describe('two servers', () => {
  it('go from an empty passive to Synchronized, and what they hold is then the same', async () => {
    await using pair = await runningPair({ plant, pairSettings: INTERCEPTED });
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
    for (const server of pair.servers) {
      const { fileSystem, channel, peer, systemStatus, findings } = await server.status();
      expect(fileSystem).toMatchObject({ status: 'Synchronized', itemsOutOfSync: 0, itemsUnchecked: 0, check: null });
      expect({ channel: channel.status, systemStatus }).toEqual({ channel: 'Connected', systemStatus: 'Replicating' });
      expect(peer?.role).toBe(server === pair.active ? 'passive' : 'active');
      expect(findings.filter((finding) => finding.severity === 'error')).toEqual([]);
    }
  });

  it('say Synchronized of a set with nothing in it', async () => {
    await using pair = await runningPair({ pairSettings: INTERCEPTED });
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
  });

  it('end at SIGTERM with status 0, and start again to Synchronized', async () => {
    await using pair = await runningPair({ plant, pairSettings: INTERCEPTED });
    await pair.synchronized();
    for (const server of pair.servers) expect(await server.stop()).toBe(0);
    fs.writeFileSync(join(pair.active.data, 'while-away'), 'x');
    await pair.start();
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
  });

  it('tell the command line the same', async () => {
    await using pair = await runningPair({ plant, pairSettings: INTERCEPTED });
    const waited = await pair.active.run('status', '--wait', 'synchronized', '--timeout', '120s', '--json');
    expect(waited).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(waited.stdout)).toMatchObject({ pair: 'trial', fileSystem: { status: 'Synchronized' } });
    // The other one says so once it has heard of it.
    await pair.synchronized();
    const screen = await pair.passive.run('status', '--exit-code');
    expect(screen.status).toBe(0);
    expect(screen.stdout).toContain('Synchronized');
    const checked = await pair.passive.run('check', '--json');
    expect(checked.status).toBe(0);
    expect(JSON.parse(checked.stdout)).toMatchObject({ finished: true, differences: 0 });
  });
});

/** Files that a case leaves open until its change has arrived. */
const heldOpen: number[] = [];

const CHANGES: readonly (readonly [string, (data: string) => void])[] = [
  ['a new file', (data) => fs.writeFileSync(join(data, 'new'), 'new')],
  ['a new large file', (data) => fs.writeFileSync(join(data, 'large-new'), Buffer.alloc(3 * MIB, 'large'))],
  ['a new folder with something in it', newFolder],
  ['a file written over in place', (data) => overwrite(join(data, 'a/small'), 2, 'XY')],
  ['a range in the middle of a large file', (data) => overwrite(join(data, 'large'), 1_500_000, 'middle')],
  ['an append', (data) => fs.appendFileSync(join(data, 'a/small'), 'more')],
  ['a truncation', (data) => fs.truncateSync(join(data, 'large'), 100_000)],
  ['a file grown by truncate', (data) => fs.truncateSync(join(data, 'a/small'), 300_000)],
  ['a permission', (data) => fs.chmodSync(join(data, 'a/small'), 0o600)],
  ["a folder's permission", (data) => fs.chmodSync(join(data, 'empty'), 0o700)],
  ['a time with nanoseconds', (data) => fs.utimesSync(join(data, 'a/small'), 1, 1_600_000_000.123456)],
  ['a symbolic link', (data) => fs.symlinkSync('nowhere/at all', join(data, 'link-new'))],
  ['a replaced symbolic link', relink],
  ['a hard link', (data) => fs.linkSync(join(data, 'a/small'), join(data, 'empty/second'))],
  ['the loss of one of two hard links', (data) => fs.rmSync(join(data, 'a/twin'))],
  ['a renamed file', (data) => fs.renameSync(join(data, 'a/small'), join(data, 'empty/renamed'))],
  ['a rename over something', (data) => fs.renameSync(join(data, 'a/small'), join(data, 'a/b/deep'))],
  ['a renamed folder', (data) => fs.renameSync(join(data, 'a'), join(data, 'empty/a'))],
  ['a removed file', (data) => fs.rmSync(join(data, 'a/small'))],
  ['a removed tree', (data) => fs.rmSync(join(data, 'a'), { recursive: true })],
  ['a folder in the place of a file', becomeFolder],
  ['a name with odd bytes', (data) => fs.writeFileSync(bytes(data, [0xff, 0x20, 0x0a, 0x5c, 0xc3]), 'odd')],
  ['a file written by a program that never closes it', (data) => heldOpen.push(fs.openSync(join(data, 'held'), 'w'))],
];

describe('a change on the active server', () => {
  let pair: Pair;

  beforeAll(async () => {
    // A folder for each case, so that one pair serves them all.
    pair = await startPair({
      pairSettings: INTERCEPTED,
      plant: (data) => CHANGES.forEach((_change, index) => plant(join(data, `case-${index}`))),
    });
    await pair.synchronized();
  });

  afterAll(() => pair[Symbol.asyncDispose]());

  it.each(CHANGES.map(([what, change], index) => ({ what, change, index })))(
    'arrives: $what',
    async ({ change, index }) => {
      onTestFailed(() => void process.stderr.write(pair.logs()));
      change(join(pair.active.data, `case-${index}`));
      await pair.settled({ timeoutMs: ARRIVAL_MS });
      for (const file of heldOpen.splice(0)) fs.closeSync(file);
      expect(pair.differences()).toEqual([]);
      const { fileSystem, findings } = await pair.passive.status();
      expect(fileSystem.itemsOutOfSync).toBe(0);
      expect(findings.filter((finding) => finding.severity === 'error')).toEqual([]);
    },
  );
});

function plant(data: string): void {
  fs.mkdirSync(join(data, 'a/b'), { recursive: true });
  fs.mkdirSync(join(data, 'empty'));
  fs.writeFileSync(join(data, 'a/small'), 'small');
  fs.writeFileSync(join(data, 'a/b/deep'), 'deep');
  fs.writeFileSync(join(data, 'a/nothing'), '');
  fs.writeFileSync(join(data, 'a/one'), 'linked');
  fs.linkSync(join(data, 'a/one'), join(data, 'a/twin'));
  fs.writeFileSync(join(data, 'large'), Buffer.alloc(3 * MIB, 'abcdefg'));
  fs.symlinkSync('a/small', join(data, 'link'));
  fs.writeFileSync(bytes(data, [0xe9, 0x20, 0x80]), 'bytes that are no UTF-8');
  fs.chmodSync(join(data, 'a/b'), 0o710);
}

function newFolder(data: string): void {
  fs.mkdirSync(join(data, 'folder/inner'), { recursive: true });
  fs.writeFileSync(join(data, 'folder/inner/file'), 'inside');
}

function overwrite(path: string, position: number, text: string): void {
  const file = fs.openSync(path, 'r+');
  fs.writeSync(file, text, position);
  fs.closeSync(file);
}

function relink(data: string): void {
  fs.rmSync(join(data, 'link'));
  fs.symlinkSync('elsewhere', join(data, 'link'));
}

function becomeFolder(data: string): void {
  fs.rmSync(join(data, 'a/small'));
  fs.mkdirSync(join(data, 'a/small'));
}

function bytes(folder: string, name: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]);
}
