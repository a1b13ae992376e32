/*
 * What it proves: what is done in an excluded folder of a mount passes through and is not recorded; all else is; and
 * what comes out of an excluded folder is recorded from that moment on, whoever writes to it meanwhile. So it is with both
 * daemons, by the patterns of the settings, also where these change and where another daemon goes on with the mounts.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { OPCODE } from '../../src/fuse/opcodes.ts';
import { IN_HEADER, WRITE_IN } from '../../src/fuse/structures.ts';
import { RECORD } from '../../src/intercept/record.ts';
import { coveredPart } from '../support/covered-manifest.ts';
import { compareManifests, type Manifest, manifestOf } from '../support/manifest.ts';
import { MountedFolder } from '../support/mounted-folder.ts';
import { changeSettings, type Pair } from '../support/pair.ts';
import { sharedPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { ANY_LOSS, RandomOperations } from '../support/random-operations.ts';
import { RecordReplayer } from '../support/record-replayer.ts';
import { recordsBegun } from '../support/recorded-order.ts';
import { until } from '../support/until.ts';

const WORKER = new URL('../support/border_worker.py', import.meta.url).pathname;
const CROSSER = new URL('../support/border_crosser.py', import.meta.url).pathname;
const CROSSINGS = proofRuns({ short: 10, full: 500 });
const OPERATIONS = 1500;
const SEED = 7100;
const HELD_MS = 1000;
const WAIT_MS = 120_000;
const EXCLUDED = ['cache', 'a/b/tmp'];
const run = promisify(execFile);

/** But for the excluded folders, whose times go with what is done in them. */
function without(manifest: Manifest): Manifest {
  const isIn = (path: string): boolean => EXCLUDED.some((folder) => path === folder || path.startsWith(`${folder}/`));
  return new Map([...manifest].filter(([path]) => !isIn(path)));
}

interface Recorded {
  readonly opcode: number;
  readonly node: number;
  readonly offset: number;
  readonly bytes: number;
}

function operationsIn(records: Buffer): Recorded[] {
  const found: Recorded[] = [];
  for (let at = 0; at < records.length; at += records.readUInt32LE(at)) {
    const request = at + RECORD.request;
    const opcode = records.readUInt32LE(request + IN_HEADER.opcode);
    const isWrite = opcode === OPCODE.write;
    found.push({
      opcode,
      node: records.readUInt32LE(at + RECORD.node),
      offset: isWrite ? Number(records.readBigUInt64LE(request + IN_HEADER.bytes + WRITE_IN.offset)) : 0,
      bytes: records.readUInt32LE(at + RECORD.outcome),
    });
  }
  return found;
}

it('nothing that is done in excluded folders is recorded, and all else is', async () => {
  await using mounted = await MountedFolder.start({
    excluded: EXCLUDED,
    before: (folder) => fs.mkdirSync(join(folder, 'a/b'), { recursive: true }),
  });
  const at = (path: string): string => join(mounted.folder, path);
  for (const path of EXCLUDED) fs.mkdirSync(at(path));
  fs.writeFileSync(at('a/b/shown'), 'shown');
  const before = (await mounted.records()).length;
  for (const path of EXCLUDED) {
    fs.mkdirSync(join(at(path), 'deep/er'), { recursive: true });
    fs.writeFileSync(join(at(path), 'deep/er/file'), 'hidden');
    fs.renameSync(join(at(path), 'deep/er/file'), join(at(path), 'file'));
    fs.appendFileSync(join(at(path), 'file'), ', and more');
  }
  expect((await mounted.records()).length).toBe(before);
  for (const path of ['other', 'a/b/tmp2', 'a/cache', 'b/tmp']) {
    fs.mkdirSync(at(path), { recursive: true });
    fs.writeFileSync(join(at(path), 'file'), path);
  }
  expect(compareManifests(manifestOf(mounted.underneath), manifestOf(mounted.folder))).toEqual([]);
  const again = mounted.beside('again');
  fs.mkdirSync(join(again, 'a/b'), { recursive: true });
  using replayer = new RecordReplayer(again);
  const nodes = { a: join(again, 'a'), 'a/b': join(again, 'a/b') };
  for (const [path, copy] of Object.entries(nodes))
    replayer.know(fs.statSync(join(mounted.underneath, path)).ino, copy);
  replayer.replay(await mounted.records());
  expect(compareManifests(without(manifestOf(mounted.underneath)), without(manifestOf(again)))).toEqual([]);
});

it('whatever is done there: of names nothing is recorded, of nodes only what has several names', async () => {
  await using mounted = await MountedFolder.start({ excluded: EXCLUDED });
  const path = join(mounted.folder, 'cache');
  fs.mkdirSync(path);
  const before = (await mounted.records()).length;
  await new RandomOperations(path, SEED).run({ count: OPERATIONS });
  expect(compareManifests(manifestOf(mounted.underneath), manifestOf(mounted.folder))).toEqual([]);
  const recorded = new Set(operationsIn((await mounted.records()).subarray(before)).map(({ opcode }) => opcode));
  const { setattr, open, write, setxattr, removexattr, fallocate, copyFileRange, copyFileRange64, tmpfile, ioctl } =
    OPCODE;
  const ofNodes = [
    setattr,
    open,
    write,
    setxattr,
    removexattr,
    fallocate,
    copyFileRange,
    copyFileRange64,
    tmpfile,
    ioctl,
  ];
  expect([...recorded].filter((opcode) => !ofNodes.some((one) => one === opcode))).toEqual([]);
});

it('names that lead across the border are recorded, and so is what is done behind it', async () => {
  await using mounted = await MountedFolder.start({ excluded: EXCLUDED });
  const at = (path: string): string => join(mounted.folder, path);
  const since = async (from: number): Promise<number[]> =>
    operationsIn((await mounted.records()).subarray(from)).map(({ opcode }) => opcode);
  const length = async (): Promise<number> => (await mounted.records()).length;
  fs.mkdirSync(at('cache'));
  for (const name of ['file', 'linked', 'swapped']) fs.writeFileSync(at(`cache/${name}`), 'hidden');
  fs.mkdirSync(at('cache/folder'));
  fs.writeFileSync(at('cache/folder/inner'), 'hidden');
  fs.writeFileSync(at('shown'), 'shown');

  let from = await length();
  fs.renameSync(at('cache/file'), at('file'));
  fs.appendFileSync(at('file'), 'more');
  fs.linkSync(at('cache/linked'), at('linked'));
  fs.appendFileSync(at('cache/linked'), 'by the name that is hidden');
  fs.renameSync(at('cache/folder'), at('folder'));
  fs.appendFileSync(at('folder/inner'), 'more');
  fs.writeFileSync(at('folder/new'), 'new');
  const { rename2, rename, write, link, create } = OPCODE;
  const [renamed] = await since(from);
  expect([rename, rename2]).toContain(renamed);
  expect(await since(from)).toEqual([renamed, write, link, write, renamed, write, create, write]);

  from = await length();
  fs.renameSync(at('shown'), at('cache/shown'));
  fs.renameSync(at('folder'), at('cache/folder'));
  expect(await since(from)).toEqual([renamed, renamed]);
  expect(fs.readFileSync(at('cache/folder/inner'), 'utf8')).toBe('hiddenmore');
});

it.each(['file', 'folder', 'link'] as const)('what is being written when a %s comes out is in it then', async (how) => {
  await using mounted = await MountedFolder.start({ excluded: EXCLUDED, faults: true });
  const at = (path: string): string => join(mounted.folder, path);
  fs.mkdirSync(at('cache/inner'), { recursive: true });
  fs.writeFileSync(at('cache/inner/late'), '');
  const file = await fs.promises.open(at('cache/inner/late'), 'r+');
  const from = (await mounted.records()).length;
  const mend = mounted.faults.begin({ call: 'pwrite', path: '*/late', delayMs: -1 });
  const written = file.write('late');
  await until('the file to be written', WAIT_MS, () => (mounted.faults.waiting().length > 0 ? true : null));
  const comesOut = {
    file: () => fs.promises.rename(at('cache/inner/late'), at('late')),
    folder: () => fs.promises.rename(at('cache/inner'), at('inner')),
    link: () => fs.promises.link(at('cache/inner/late'), at('late')),
  };
  const path = join(mounted.underneath, how === 'folder' ? 'inner/late' : 'late');
  const held = comesOut[how]().then(() => fs.readFileSync(path, 'utf8'));
  // One that does not wait for the write is out long before.
  await Promise.race([held, pause(HELD_MS)]);
  mend();
  expect(await held).toBe('late');
  await written;
  await file.close();
  expect(operationsIn((await mounted.records()).subarray(from))).toHaveLength(1);
});

it.each(['file', 'folder', 'link'] as const)(
  'what is written while a %s comes out of an excluded folder is in it, or recorded',
  async (how) => {
    await using mounted = await MountedFolder.start({ excluded: EXCLUDED, threads: 4 });
    await run('python3', [CROSSER, mounted.folder, String(CROSSINGS), how]);
    const operations = operationsIn(await mounted.records());
    let written = 0;
    for (let number = 0; number < CROSSINGS; number++) {
      const path = join(mounted.underneath, 'shown', String(number), how === 'folder' ? 'file' : '');
      const { ino, size } = fs.statSync(path);
      // What it held when it was out; from there on all is recorded, piece by piece.
      let known = Number(fs.readFileSync(join(mounted.underneath, 'shown', `${number}.then`), 'utf8'));
      for (const { opcode, node, offset, bytes } of operations) {
        if (opcode !== OPCODE.write || node !== ino) continue;
        expect(offset).toBeLessThanOrEqual(known);
        known = Math.max(known, offset + bytes);
        written += 1;
      }
      expect({ number, known }).toEqual({ number, known: size });
    }
    expect(written).toBeGreaterThan(CROSSINGS);
  },
);

const PATTERNS = ['/data/cache/**', '/data/a/b/tmp', '/data/debug.log', '/data/**/*.bak'];
const PLACES = ['cache', 'a/b/tmp', 'a/b', 'shown', '.'];
const OTHERS = ['/data/shown', '/data/cache/d0', '/data/a/**/f1'];
const ROUNDS = proofRuns({ short: 2, full: 24 });
const ROUND_MS = proofRuns({ short: 800, full: 1500 });
const LONG_MS = proofRuns({ short: 240_000, full: 3_600_000 });

function exclude(pair: Pair, patterns: readonly string[]): void {
  changeSettings(pair.active.pairFile, { protect: { files: { exclude: patterns } } });
}

function differences(pair: Pair, patterns: readonly string[]): string[] {
  const [active, passive] = pair.servers.map(({ data }) =>
    coveredPart(manifestOf(data), '/data', { include: ['/data/**'], exclude: patterns }),
  );
  if (active === undefined || passive === undefined) throw new Error('a pair has two servers');
  return compareManifests(active, passive);
}

async function changesOf({ active }: Pair): Promise<readonly unknown[]> {
  return (await active.client.call('events', { limit: 100 })).events.filter(({ text }) =>
    text.startsWith('The pair settings'),
  );
}

/** What is done to what is there: names in excluded folders, and the file that is excluded. */
function workHidden(data: string): void {
  for (const folder of ['cache', 'a/b/tmp/known']) {
    const at = (name: string): string => join(data, folder, name);
    fs.mkdirSync(at('deep/er'), { recursive: true });
    fs.writeFileSync(at('deep/er/file'), 'hidden');
    fs.renameSync(at('deep/er/file'), at('file'));
    fs.appendFileSync(at('file'), ', and more');
    fs.rmSync(at('deep'), { recursive: true });
    fs.rmSync(at('file'));
  }
  fs.appendFileSync(join(data, 'debug.log'), 'a line');
}

/** Marks come a moment after there is a daemon, or other patterns, for what the kernel knew before. */
async function nothingIsRecorded(pair: Pair): Promise<void> {
  await until('nothing to be recorded', WAIT_MS, (seen) => {
    const before = recordsBegun(pair.active);
    workHidden(pair.active.data);
    const recorded = recordsBegun(pair.active) - before;
    seen(`${String(recorded)} records`);
    return recorded === 0 ? true : null;
  });
}

describe('with both daemons', () => {
  const shared = sharedPair(() => ({
    pairSettings: { ...ANY_LOSS, capture: 'intercept' },
    exclude: PATTERNS,
    plant: (data) => {
      for (const folder of ['a/b/tmp/known', 'cache']) fs.mkdirSync(join(data, folder), { recursive: true });
    },
    faults: true,
  }));

  it(
    'nothing is recorded of what the settings exclude by name, whatever was excluded before, and whichever daemon it is',
    async () => {
      const pair = shared();
      await pair.synchronized();
      const { active, passive } = pair;
      const at = (path: string): string => join(active.data, path);
      fs.writeFileSync(at('debug.log'), '');
      await pair.settled();
      await nothingIsRecorded(pair);
      const before = recordsBegun(active);
      // By a pattern: recorded, and left out when it is read.
      fs.writeFileSync(at('file.bak'), 'left out');
      expect(recordsBegun(active) - before).toBe(2);

      fs.writeFileSync(at('cache/moved'), 'came out');
      const open = fs.openSync(at('cache/moved'), 'a');
      fs.renameSync(at('cache/moved'), at('moved'));
      fs.writeSync(open, ', and goes on');
      await pair.settled();
      expect(fs.readFileSync(join(passive.data, 'moved'), 'utf8')).toBe('came out, and goes on');
      fs.renameSync(at('moved'), at('cache/moved'));
      await pair.settled();
      expect(fs.existsSync(join(passive.data, 'moved'))).toBe(false);

      // What is protected from now on is recorded from then on, by whoever had it open.
      exclude(pair, []);
      await until('the file that is no longer excluded', WAIT_MS, () =>
        fs.existsSync(join(passive.data, 'cache/moved')) ? true : null,
      );
      fs.writeSync(open, ', and on');
      await pair.settled();
      expect(fs.readFileSync(join(passive.data, 'cache/moved'), 'utf8')).toBe('came out, and goes on, and on');
      fs.closeSync(open);
      exclude(pair, PATTERNS);
      await nothingIsRecorded(pair);
      await active.crash();
      await active.start();
      await nothingIsRecorded(pair);
      await pair.settled();
      expect(differences(pair, PATTERNS)).toEqual([]);
    },
    LONG_MS,
  );

  it(
    'what is still being written unrecorded when it becomes protected is in it then',
    async () => {
      const pair = shared();
      await pair.synchronized();
      const { active, passive } = pair;
      const path = join(active.data, 'cache/late');
      fs.writeFileSync(path, '');
      const file = await fs.promises.open(path, 'r+');
      const changes = (await changesOf(pair)).length;
      const mend = active.faults.begin({ call: 'pwrite', path: '*/late', delayMs: WAIT_MS });
      const written = file.write('late');
      await until('the file to be written', WAIT_MS, () => (active.faults.waiting().length > 0 ? true : null));
      exclude(pair, []);
      await until('other patterns', WAIT_MS, async () => ((await changesOf(pair)).length > changes ? true : null));
      // For whoever does not wait for it.
      await pause(HELD_MS);
      mend();
      await written;
      await file.close();
      await until('the file', WAIT_MS, () => (fs.existsSync(join(passive.data, 'cache/late')) ? true : null));
      await pair.settled();
      expect(fs.readFileSync(join(passive.data, 'cache/late'), 'utf8')).toBe('late');
      exclude(pair, PATTERNS);
      await nothingIsRecorded(pair);
    },
    LONG_MS,
  );

  it(
    'both servers hold the same, whatever crosses the border, which moves meanwhile, and whenever the daemon ends',
    async () => {
      const pair = shared();
      await pair.synchronized();
      const { active } = pair;
      for (let round = 0; round < ROUNDS; round++) {
        const moves = round % 2 === 0 ? 'files' : 'folders';
        const parameters = [WORKER, String(SEED + round), '3', moves, active.data, ...PLACES];
        const worker = spawn('python3', parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
        const ended = once(worker, 'exit');
        const lines = createInterface({ input: worker.stdout })[Symbol.asyncIterator]();
        expect((await lines.next()).value).toBe('ready');
        await pause(ROUND_MS);
        if (round % 2 === 1) {
          for (const patterns of [OTHERS, PATTERNS]) {
            exclude(pair, patterns);
            await pause(ROUND_MS);
          }
          await active.crash();
          await active.start();
          await pause(ROUND_MS);
        }
        worker.stdin.end('\n');
        const done = Number((await lines.next()).value);
        expect([round, await ended, done > 0]).toEqual([round, [0, null], true]);
        await pair.settled();
        process.stdout.write(`round ${String(round)}: ${String(done)} operations\n`);
        expect([round, differences(pair, PATTERNS)]).toEqual([round, []]);
      }
    },
    LONG_MS,
  );
});
