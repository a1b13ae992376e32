/**
 * What it proves: when the two servers were apart for longer than the send queue can bridge, only what
 * changed meanwhile is sent and compared when they meet again, and nothing else; whatever was done to
 * the files, both are equal then. Measured on the wire, where everything that is said counts.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Identity } from '../../src/api/status.ts';
import { over } from '../support/after-fault.ts';
import type { Pair, PairOptions } from '../support/pair.ts';
import { OVERFILLING_BYTES, OVERFILLING_FILE_BYTES, overfill, QUEUE_BYTES_MAX } from '../support/overfilled-queue.ts';
import { RelayedPair } from '../support/relayed-pair.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { until } from '../support/until.ts';
import { INTERCEPTED, type WhenFailed } from '../support/pair-in-test.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const WITHIN_MS = 120_000;
const FOLDERS = 100;
const FILES_PER_FOLDER = proofRuns({ short: 100, full: 1_000 });
const FILES = FOLDERS * FILES_PER_FOLDER;
const FILE_BYTES = KIB;
const CHANGED = proofRuns({ short: 25, full: 500 });
/** What is proven is that the queue collapses, and what is sent then; the proof also holds the two apart for as long as the issue asks. */
const APART_MS = proofRuns({ short: 0, full: 10 * 60_000 });
/** For each change: its name, what is asked and answered, and what TLS adds. */
const BYTES_PER_CHANGE_MAX = 2 * KIB;
/** Heartbeats and reports of a few seconds, and a handshake or two. */
const BYTES_BESIDE_MAX = 300 * KIB;
/** The least that a check of everything says of an item: a node, times and a hash. */
const BYTES_PER_ITEM_MIN = 40;
/** The most: a name and an owner besides. */
const BYTES_PER_ITEM_MAX = 200;
const LONG = { timeout: proofRuns({ short: 900_000, full: 4 * 3_600_000 }) };
/** A check of everything, under load. */
const CHECKED_WITHIN_MS = proofRuns({ short: 180_000, full: 30 * 60_000 });

/** Not among those that change. */
const UNSEEN_FILE = FILES_PER_FOLDER - 1;

/**
 * The channel counts as lost soon, so that the test is short; but not where this process, through which all passes, does
 * something else for a moment: what is on its way then would be sent twice, and is counted.
 */
const QUICK_CHANNEL = { waitMs: 500, heartbeatMs: 200, lostAfterMs: 4_000 };

it(
  'after a disconnect that overfilled the queue, bytes are sent about what changed and nothing else',
  LONG,
  async ({ onTestFailed }) => {
    await using relayed = await start(onTestFailed, (folder) => {
      for (let each = 0; each < FOLDERS; each++) {
        fs.mkdirSync(join(folder, `folder-${String(each)}`));
        for (let file = 0; file < FILES_PER_FOLDER; file++) fs.writeFileSync(pathOf(folder, each, file), content(file));
      }
    });
    const { pair } = relayed;
    await pair.settled({ timeoutMs: CHECKED_WITHIN_MS });
    await fallApart(relayed, 7_777);
    const before = relayed.bytesPassed;
    relayed.restore();
    await pair.settled({ timeoutMs: WITHIN_MS });
    const bytes = relayed.bytesPassed - before - OVERFILLING_BYTES;
    tellBytes(bytes, 'The two ran on');
    expect(bytes).toBeLessThan(CHANGED * (FILE_BYTES + BYTES_PER_CHANGE_MAX) + BYTES_BESIDE_MAX);
    // It would not have been enough for a word about each item.
    expect(bytes).toBeLessThan(FILES * BYTES_PER_ITEM_MIN);
    expect(pair.differences()).toEqual([]);
    await over(pair.active, 'L9');

    // Once more, and now the active server is killed in between: it checks everything then, what changed first.
    await fallApart(relayed, 9_999);
    await until('the list of what changed to be written', WITHIN_MS, () =>
      changedPaths().every((path) => activity(pair).includes(`/data/${path}\0`)) ? true : null,
    );
    await pair.active.kill();
    // Nobody is told of this one: only the check of everything can find it.
    fs.writeFileSync(pathOf(pair.active.data, 0, UNSEEN_FILE), content(31));
    await pair.active.start();
    const beforeAgain = relayed.bytesPassed;
    relayed.restore();
    await pair.settled({ timeoutMs: CHECKED_WITHIN_MS });
    const bytesAgain = relayed.bytesPassed - beforeAgain - OVERFILLING_BYTES;
    tellBytes(bytesAgain, 'The active server was killed and everything was checked');
    // A word about each item, and content of those that changed alone.
    expect(bytesAgain).toBeLessThan(
      CHANGED * (FILE_BYTES + BYTES_PER_CHANGE_MAX) + BYTES_BESIDE_MAX + FILES * BYTES_PER_ITEM_MAX,
    );
    expect(bytesAgain).toBeLessThan((FILES * FILE_BYTES) / 3);
    expect(pair.differences()).toEqual([]);
    // What is known to have changed was made equal first.
    const repaired = (await pair.passive.events('CHK-001')).map(({ item }) => item);
    const unseenAt = repaired.indexOf(`/data/${relativePathOf(0, UNSEEN_FILE)}`);
    expect(unseenAt).toBeGreaterThan(0);
    for (const path of changedPaths()) expect(repaired.slice(0, unseenAt)).toContain(`/data/${path}`);
  },
);

it.concurrent('whatever was done while the queue was overfilled, both are equal afterwards', async ({
  onTestFailed,
}) => {
  await using relayed = await start(onTestFailed, (folder) => {
    for (const name of ['moved', 'gone', 'swapped-a', 'swapped-b', 'replaced']) {
      fs.mkdirSync(join(folder, name, 'deep'), { recursive: true });
      for (const file of ['one', 'two', 'deep/three']) fs.writeFileSync(join(folder, name, file), `${name}/${file}`);
    }
    fs.linkSync(join(folder, 'moved/one'), join(folder, 'one-more-name'));
    fs.symlinkSync('moved', join(folder, 'link'));
    fs.writeFileSync(join(folder, 'large'), Buffer.alloc(2 * MIB, 'large'));
  });
  const { pair } = relayed;
  const { data } = pair.active;
  await pair.settled();
  await relayed.fallApart();
  await overfill(pair.active);
  fs.renameSync(join(data, 'moved'), join(data, 'moved-away'));
  fs.appendFileSync(join(data, 'moved-away/deep/three'), 'more');
  fs.rmSync(join(data, 'gone'), { recursive: true });
  fs.renameSync(join(data, 'swapped-a'), join(data, 'aside'));
  fs.renameSync(join(data, 'swapped-b'), join(data, 'swapped-a'));
  fs.renameSync(join(data, 'aside'), join(data, 'swapped-b'));
  fs.rmSync(join(data, 'replaced'), { recursive: true });
  fs.writeFileSync(join(data, 'replaced'), 'a file by now');
  fs.mkdirSync(join(data, 'new/deeper'), { recursive: true });
  fs.writeFileSync(join(data, 'new/deeper/file'), 'new');
  fs.renameSync(join(data, 'new'), join(data, 'newer'));
  fs.rmSync(join(data, 'link'));
  fs.symlinkSync('newer', join(data, 'link'));
  fs.appendFileSync(join(data, 'one-more-name'), ', by its other name');
  fs.chmodSync(join(data, 'newer'), 0o711);
  const large = fs.openSync(join(data, 'large'), 'r+');
  fs.writeSync(large, 'in the middle', MIB);
  fs.closeSync(large);
  relayed.restore();
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(pair.differences()).toEqual([]);
  expect((await pair.active.events('L9')).length).toBeGreaterThan(0);
});

it.concurrent('a passive server that is cut off in the middle of making up for it says so, also after a restart, until it is done', async ({
  onTestFailed,
}) => {
  const names = Array.from({ length: 300 }, (_, number) => `file-${String(number)}`);
  await using relayed = await start(onTestFailed, (folder) => {
    for (const name of names) fs.writeFileSync(join(folder, name), 'before');
  });
  const { pair } = relayed;
  await pair.settled();
  await relayed.fallApart();
  await overfill(pair.active);
  for (const name of names)
    fs.writeFileSync(join(pair.active.data, name), Buffer.alloc(OVERFILLING_FILE_BYTES, 'after'));
  relayed.restore();
  await until('the first of them to be made up for', WITHIN_MS, () => (madeUpFor(pair, names) > 0 ? true : null));
  await relayed.fallApart();
  // The test is about nothing where all of it came at once.
  expect(madeUpFor(pair, names)).toBeLessThan(names.length);
  const finding = await pair.passive.finding('APL-031', WITHIN_MS);
  expect(finding.severity).toBe('error');
  expect((await pair.passive.status()).fileSystem.consistent).toBe(false);
  await pair.passive.kill();
  await pair.passive.start();
  await pair.passive.finding('APL-031', WITHIN_MS);
  relayed.restore();
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(pair.differences()).toEqual([]);
  expect(await pair.passive.findings('APL-031')).toEqual([]);
  // Once it is done, a lost channel alone is no reason to say so.
  await relayed.fallApart();
  await until('the passive server to know that it is alone', WITHIN_MS, async () =>
    (await pair.passive.status()).channel.status === 'Not connected' ? true : null,
  );
  await until('another tick of it', WITHIN_MS, async () =>
    (await pair.passive.findings('CHN-003')).length > 0 ? true : null,
  );
  expect(await pair.passive.findings('APL-031')).toEqual([]);
});

it.concurrent('what changed is known after a restart of the active server, also where a fast check would not see it', async ({
  onTestFailed,
}) => {
  await using relayed = await start(onTestFailed, (folder) => fs.writeFileSync(join(folder, 'file'), 'before'), {
    check: { onStart: 'fast' },
  });
  const { pair } = relayed;
  const [changed, copy] = [pair.active, pair.passive].map(({ data }) => join(data, 'file')) as [string, string];
  await pair.settled();
  await relayed.fallApart();
  // Of the same size and times as before.
  const { atime, mtime } = fs.statSync(changed);
  fs.writeFileSync(changed, 'after!');
  fs.utimesSync(changed, atime, mtime);
  await overfill(pair.active);
  // Beyond what a power cut may take of the list.
  await until('the list of what changed to be written', WITHIN_MS, () =>
    activity(pair).includes('/data/file\0') ? true : null,
  );
  await pair.active.kill();
  expect(activity(pair)).toContain('/data/file\0');
  await pair.active.start();
  relayed.restore();
  // Nobody says that all is equal before this one is.
  await until('both to say that they are equal', WITHIN_MS, async () => {
    const statuses = await Promise.all(pair.servers.map((server) => server.status()));
    const content = fs.readFileSync(copy, 'utf8');
    const said = statuses.filter(({ fileSystem }) => fileSystem.status.startsWith('Synchronized'));
    if (said.length > 0) expect(content).toBe('after!');
    return said.length === statuses.length ? true : null;
  });
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(pair.differences()).toEqual([]);
  // What the other server has for good it hears of beside the status.
  await until('the list of what changed to be without it', WITHIN_MS, () =>
    activity(pair).includes('/data/file\0') ? null : true,
  );
});

/** Files that are changed while the two are apart; each in a folder of its own. */
function changedPaths(): string[] {
  return Array.from({ length: CHANGED }, (_, number) => relativePathOf(number % FOLDERS, number));
}

/** The two lose one another, so much changes that the queue is given up, and they stay apart for a while. */
async function fallApart(relayed: RelayedPair, seed: number): Promise<void> {
  const { active } = relayed.pair;
  await relayed.fallApart();
  for (const [number, path] of changedPaths().entries()) {
    fs.writeFileSync(join(active.data, path), content(number + seed));
  }
  await overfill(active, seed);
  await pause(APART_MS);
}

function tellBytes(bytes: number, how: string): void {
  process.stdout.write(`${how}: ${String(bytes)} bytes for ${String(CHANGED)} of ${String(FILES)} files\n`);
}

function start(
  whenFailed: WhenFailed,
  plant: (folder: string) => void,
  settings: PairOptions['pairSettings'] = {},
): Promise<RelayedPair> {
  const options: PairOptions = {
    pairSettings: { channel: QUICK_CHANNEL, ...INTERCEPTED, ...settings },
    serverSettings: (_identity: Identity) => ({ queues: { sizeBytesMax: QUEUE_BYTES_MAX, freeBytesMin: 0 } }),
    plant,
  };
  return RelayedPair.start(options, whenFailed);
}

function madeUpFor(pair: Pair, names: readonly string[]): number {
  return names.filter((name) => fs.statSync(join(pair.passive.data, name)).size === OVERFILLING_FILE_BYTES).length;
}

function activity(pair: Pair): string {
  const names = fs.readdirSync(pair.active.stateDirectory).filter((name) => name.startsWith('activity-'));
  return names.map((name) => fs.readFileSync(join(pair.active.stateDirectory, name), 'latin1')).join('');
}

function pathOf(folder: string, each: number, file: number): string {
  return join(folder, relativePathOf(each, file));
}

function relativePathOf(each: number, file: number): string {
  return join(`folder-${String(each)}`, `file-${String(file)}`);
}

function content(seed: number): Buffer {
  return Buffer.alloc(FILE_BYTES, `${String(seed)} `);
}
