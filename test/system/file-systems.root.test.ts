/**
 * What it proves: a pair whose servers have file systems of different kinds carries what both can hold, in either
 * direction; and what the passive server's can't hold is named item by item, on both servers, never left out in silence.
 *
 * What it doesn't prove: an active server on a file system that gives its files other numbers each time (FAT by FUSE).
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LoopDisk } from '../support/loop-disk.ts';
import { makePair, type Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { FLAG, makeNode, NODE, setFlags, setXattr } from '../support/raw-calls.ts';
import type { TrialServer } from '../support/server.ts';
import { changeSpecial, plantSpecial } from '../support/special-items.ts';
import { until } from '../support/until.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const WITHIN_MS = 60_000;
const LONG = { timeout: 300_000 };
/** A time that every file system holds, in seconds since 1970. */
const PLAIN_TIME = 1_700_000_000;
/** Names and times beyond what is common. */
const LONG_NAME = 'n'.repeat(255);
const ODD_NAME = Buffer.from([0x6f, 0xff, 0x0a, 0x22]);

describe.each(['xfs', 'btrfs'] as const)('with %s', (kind) => {
  it.each(['passive', 'active'] as const)('on the %s server, everything is carried', LONG, async (side) => {
    using disk = new LoopDisk(kind);
    const homes = side === 'passive' ? { secondary: disk.folder } : { primary: disk.folder };
    await using pair = await runningPair({ homes, plant });
    await pair.synchronized({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);
    change(pair.active.data);
    await pair.settled({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);
    expect(await pair.active.run('check')).toMatchObject({ status: 0 });
  });
});

describe('with a FAT on the passive server', () => {
  it('what it holds is equal, and all else is named item by item [APL-001]', LONG, async () => {
    await using pair = await makePair({ plant: plantForFat });
    using disk = new LoopDisk('exfat', pair.passive.data);
    await pair.start();
    const shown = await until('all that differs to be named', WITHIN_MS, async (seen) => {
      const { fileSystem } = await pair.passive.status();
      const named = await outOfSync(pair.passive);
      const unnamed = differencesOf(pair).filter((line) => !named.some((path) => isAbout(line, path)));
      seen(JSON.stringify({ unnamed, named, fileSystem }));
      return fileSystem.itemsTotal > 1 && unnamed.length === 0 ? named : null;
    });
    expect(disk.folder).toBe(pair.passive.data);
    for (const path of shown) expect(path).not.toBe('/data/plain');
    for (const server of pair.servers) {
      expect((await server.status()).fileSystem.status).toBe('Out of sync');
      const items = (await server.findings('APL-001')).map(({ item }) => item);
      for (const name of UNHOLDABLE) expect(items).toContain(`/data/${name}`);
    }
    for (const name of ['plain', 'large', 'folder/inside']) {
      const data = ({ data: folder }: TrialServer): Buffer => fs.readFileSync(join(folder, name));
      expect(data(pair.passive)).toEqual(data(pair.active));
    }
    // A change of what it holds still arrives.
    fs.writeFileSync(join(pair.active.data, 'plain'), 'changed');
    await until('a change to arrive', WITHIN_MS, () =>
      fs.readFileSync(join(pair.passive.data, 'plain'), 'utf8') === 'changed' ? true : null,
    );
  });
});

/** Of {@link plantForFat}, what no FAT can hold. */
const UNHOLDABLE = ['link', 'fifo', 'null', 'owned', 'private', 'attribute', 'a: name?'];

function plantForFat(data: string): void {
  const at = (name: string): string => join(data, name);
  fs.writeFileSync(at('plain'), 'plain');
  fs.writeFileSync(at('large'), Buffer.alloc(MIB, 'large'));
  fs.mkdirSync(at('folder'));
  fs.writeFileSync(at('folder/inside'), 'inside');
  fs.symlinkSync('plain', at('link'));
  makeNode(at('fifo'), NODE.fifo, { major: 0, minor: 0 });
  makeNode(at('null'), NODE.characterDevice, { major: 1, minor: 3 });
  fs.writeFileSync(at('owned'), 'by somebody');
  fs.chownSync(at('owned'), 1234, 4321);
  fs.writeFileSync(at('private'), 'for few');
  fs.chmodSync(at('private'), 0o600);
  fs.writeFileSync(at('attribute'), 'with more');
  setXattr(at('attribute'), 'user.more', 'more');
  fs.writeFileSync(at('a: name?'), 'not allowed there');
  fs.writeFileSync(at('one'), 'of two names');
  fs.linkSync(at('one'), at('other'));
  for (const name of ['plain', 'large', 'folder/inside', 'owned', 'private', 'attribute', 'one', 'folder', '']) {
    fs.utimesSync(at(name), PLAIN_TIME, PLAIN_TIME);
  }
}

function plant(data: string): void {
  const at = (name: string): string => join(data, name);
  plantSpecial(at('special'));
  fs.writeFileSync(at('sparse'), '');
  fs.truncateSync(at('sparse'), 2 * MIB);
  writeAt(at('sparse'), MIB, 'in the middle');
  fs.writeFileSync(at('zeros'), Buffer.alloc(700 * KIB));
  fs.writeFileSync(at(LONG_NAME), 'a long name');
  fs.writeFileSync(Buffer.concat([Buffer.from(`${data}/`), ODD_NAME]), 'an odd name');
  for (const name of ['case', 'CASE']) fs.writeFileSync(at(name), name);
  for (const name of ['fixed', 'growing']) fs.writeFileSync(at(name), name);
  setFlags(at('fixed'), FLAG.immutable);
  setFlags(at('growing'), FLAG.appendOnly);
  fs.mkdirSync(at('many'));
  for (let file = 0; file < 300; file += 1) fs.writeFileSync(at(`many/${String(file)}`), `no. ${String(file)}`);
}

function change(data: string): void {
  const at = (name: string): string => join(data, name);
  changeSpecial(at('special'));
  writeAt(at('sparse'), MIB + 100 * KIB, 'and further on');
  writeAt(at('zeros'), 5, 'no zeros');
  fs.renameSync(at('many'), at('many more'));
  for (let file = 0; file < 300; file += 3) fs.rmSync(at(`many more/${String(file)}`));
  fs.renameSync(at('CASE'), at('Case'));
  fs.appendFileSync(at('growing'), ' and growing');
  fs.linkSync(at(LONG_NAME), at('many more/another name'));
}

function writeAt(path: string, position: number, content: string): void {
  const file = fs.openSync(path, 'r+');
  fs.writeSync(file, content, position);
  fs.closeSync(file);
}

async function outOfSync(server: TrialServer): Promise<string[]> {
  const { items } = await server.client.call('files', { limit: 1000, outOfSync: true });
  return items.map(({ path }) => path);
}

/** What differs, but for the folder where the product keeps its own. */
function differencesOf(pair: Pair): string[] {
  return pair.differences().filter((line) => !line.startsWith('".understudy'));
}

/** Lines begin with the path below the protected folder. */
function isAbout(line: string, path: string): boolean {
  return line.startsWith(`${JSON.stringify(path.replace(/^\/data\/?/, ''))}:`);
}
