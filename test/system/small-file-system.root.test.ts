/**
 * What it proves: what a passive server's FAT can't hold is named item by item, on both servers, and never left out in
 * silence; what it can hold is equal.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LoopDisk } from '../support/loop-disk.ts';
import { makePair, type Pair } from '../support/pair.ts';
import { makeNode, NODE, setXattr } from '../support/raw-calls.ts';
import type { TrialServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const WITHIN_MS = 60_000;
const LONG = { timeout: 300_000 };
/** A time that every file system holds, in seconds since 1970. */
const PLAIN_TIME = 1_700_000_000;

it('what a FAT holds is equal, and all else is named item by item [APL-001]', LONG, async () => {
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
