/**
 * What it proves: how much there is makes no difference but in time. Many files, many names in one
 * folder, deep folders, folders that come in a burst, and a large file that changes in many places.
 * `npm run proof -- scale` runs the full counts and holds the limits that only a quiet machine can keep.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { runningPair } from '../support/pair-in-test.ts';
import type { Pair } from '../support/pair.ts';
import { figuresOf } from '../support/process-figures.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { RelayedPair } from '../support/relayed-pair.ts';
import { changeFiles, plantFiles, plantLarge, writeAtRandom } from '../support/scale-trees.ts';
import { StatusWatch } from '../support/status-watch.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const IS_PROOF = proofRuns({ short: 0, full: 1 }) === 1;
const TIMEOUT_MS = proofRuns({ short: 180_000, full: 3_600_000 });

const FILES = proofRuns({ short: 3_000, full: 1_000_000 });
const CHANGES = proofRuns({ short: 100, full: 1_000 });
/** Of one daemon, at any moment. */
const RESIDENT_MIB_MAX = proofRuns({ short: 250, full: 400 });
const STATUS_MS_MAX = 200;

const NAMES = proofRuns({ short: 3_000, full: 1_000_000 });
const LEVELS = 100;
const BURST = proofRuns({ short: 1_000, full: 100_000 });

const LARGE_BYTES = proofRuns({ short: 32, full: 10_240 }) * MIB;
const WRITES = proofRuns({ short: 200, full: 1_000 });
const BYTES_PER_WRITE_MAX = 64 * KIB;
/** Hashes of ranges, heartbeats, and reports. */
const BYTES_BESIDE_MAX = 2 * MIB;

it(
  `${String(FILES)} files are copied, checked and known again after a restart`,
  async () => {
    await using pair = await runningPair({ plant: (data) => plantFiles(data, FILES) });
    await using watch = new StatusWatch(pair);
    const step = async (what: string, action: () => Promise<unknown>): Promise<void> => {
      const begin = performance.now();
      await action();
      tell(pair, watch, what, performance.now() - begin);
    };
    await step('first copy', () => pair.synchronized({ timeoutMs: TIMEOUT_MS }));
    for (const mode of ['full', 'fast'] as const) await step(`${mode} check`, () => check(pair, mode));
    await step(`steady state, ${String(CHANGES)} changes at 100 a second`, async () => {
      await changeFiles(pair.active.data, { of: FILES, changes: CHANGES, perSecond: 100 });
      await pair.settled({ timeoutMs: TIMEOUT_MS });
    });
    for (const server of [pair.active, pair.passive]) {
      await server.stop();
      await step(`restart of the ${server.place.identity}, to its first status`, () => server.start());
      const after = Date.now();
      await step('to Synchronized', () => pair.synchronized({ timeoutMs: TIMEOUT_MS, after }));
    }
    expect(pair.differences()).toEqual([]);
  },
  TIMEOUT_MS * 2,
);

it(
  `a folder of ${String(NAMES)} names is like any other`,
  async () => {
    await using pair = await runningPair({
      plant: (data) => {
        for (let name = 0; name < NAMES; name++) fs.closeSync(fs.openSync(join(data, `name-${String(name)}`), 'w'));
      },
    });
    await using watch = new StatusWatch(pair);
    const begin = performance.now();
    await pair.synchronized({ timeoutMs: TIMEOUT_MS });
    tell(pair, watch, `first copy of a folder of ${String(NAMES)} names`, performance.now() - begin);
    await check(pair, 'fast');
    tell(pair, watch, 'fast check', 0);
    const before = pair.servers.map(figuresOf);
    for (let change = 0; change < 100; change++) {
      const at = (what: string): string => join(pair.active.data, what);
      fs.writeFileSync(at(`new-${String(change)}`), `new ${String(change)}`);
      fs.appendFileSync(at(`name-${String(change)}`), 'more');
      fs.renameSync(at(`name-${String(1000 + change)}`), at(`renamed-${String(change)}`));
      fs.rmSync(at(`name-${String(2000 + change)}`));
    }
    await pair.settled({ timeoutMs: TIMEOUT_MS });
    const cpu = pair.servers.map((server, index) => figuresOf(server).cpuSeconds - (before[index]?.cpuSeconds ?? 0));
    process.stdout.write(
      `400 changes in it: ${cpu.map((seconds) => seconds.toFixed(2)).join(' and ')} s of processor\n`,
    );
    tell(pair, watch, 'changes', 0);
    expect(pair.differences()).toEqual([]);
  },
  TIMEOUT_MS * 2,
);

it(
  `${String(LEVELS)} levels of folders with long names are followed down, moved and removed`,
  async () => {
    const name = (level: number): string => `${String(level).padStart(3, '0')}-${'x'.repeat(240)}`;
    await using pair = await runningPair({ plant: (data) => plantDeep(data, name) });
    await pair.settled({ timeoutMs: TIMEOUT_MS });
    expect(pair.differences()).toEqual([]);
    // From the bottom up a path is short enough only relative to a folder on the way.
    inDeepest(join(pair.active.data, name(0)), name, (folder) => {
      fs.writeFileSync(join(folder, 'later'), 'later');
      fs.appendFileSync(join(folder, 'bottom'), 'more');
    });
    await pair.settled({ timeoutMs: TIMEOUT_MS });
    expect(pair.differences()).toEqual([]);
    fs.renameSync(join(pair.active.data, name(0)), join(pair.active.data, 'moved'));
    await check(pair, 'full');
    await pair.settled({ timeoutMs: TIMEOUT_MS });
    expect(pair.differences()).toEqual([]);
    const { items } = await pair.passive.client.call('files', { outOfSync: false, limit: 200 });
    expect(items.length).toBeGreaterThan(LEVELS);
  },
  TIMEOUT_MS,
);

it(
  `${String(BURST)} folders that come in a burst are all found`,
  async () => {
    await using pair = await runningPair();
    await using watch = new StatusWatch(pair);
    await pair.synchronized();
    const begin = performance.now();
    for (let folder = 0; folder < BURST; folder++) {
      // Some of them deep in others that are as new, so that what is in them is there before they are watched.
      const path = join(
        pair.active.data,
        String(folder % 37),
        `below-${String(folder % 11)}`,
        `folder-${String(folder)}`,
      );
      fs.mkdirSync(path, { recursive: true });
      if (folder % 3 === 0) fs.writeFileSync(join(path, 'file'), `file ${String(folder)}`);
      // The status is asked for meanwhile, too.
      if (folder % 20 === 0) await othersTurn();
    }
    const made = performance.now();
    await pair.settled({ timeoutMs: TIMEOUT_MS });
    tell(pair, watch, `${String(BURST)} folders made in ${seconds(made - begin)}, then`, performance.now() - made);
    expect(pair.differences()).toEqual([]);
  },
  TIMEOUT_MS * 2,
);

it(
  `of a file of ${String(LARGE_BYTES / MIB)} MiB with ${String(WRITES)} random writes little more than what was written is sent`,
  async () => {
    await using relayed = await RelayedPair.start({ plant: (data) => plantLarge(join(data, 'large'), LARGE_BYTES) });
    const { pair } = relayed;
    await pair.settled({ timeoutMs: TIMEOUT_MS });
    const before = { read: figuresOf(pair.active).bytesRead, sent: relayed.bytesPassed };
    writeAtRandom(join(pair.active.data, 'large'), { sizeBytes: LARGE_BYTES, writes: WRITES });
    await pair.settled({ timeoutMs: TIMEOUT_MS });
    const read = figuresOf(pair.active).bytesRead - before.read;
    const sent = relayed.bytesPassed - before.sent;
    process.stdout.write(
      `${String(WRITES)} writes: ${(read / LARGE_BYTES).toFixed(3)} times the file read, ${(sent / WRITES / KIB).toFixed(1)} KiB sent for each\n`,
    );
    expect(sent).toBeLessThan(WRITES * BYTES_PER_WRITE_MAX + BYTES_BESIDE_MAX);
    if (IS_PROOF) expect(read).toBeLessThan(LARGE_BYTES * 1.1);
    expect(pair.differences()).toEqual([]);
  },
  TIMEOUT_MS * 2,
);

/** Prints what a step took, and holds what it may take. */
function tell(pair: Pair, watch: StatusWatch, what: string, ms: number): void {
  const statusMs = watch.takeLongestMs();
  const memory = pair.servers.map(figuresOf).map(({ residentMib, residentMibMax }) => {
    expect(residentMibMax).toBeLessThan(RESIDENT_MIB_MAX);
    return `${residentMib.toFixed(0)} MiB (most ${residentMibMax.toFixed(0)})`;
  });
  process.stdout.write(`${what}: ${seconds(ms)}; status within ${statusMs.toFixed(0)} ms; ${memory.join(', ')}\n`);
  if (IS_PROOF) expect(statusMs).toBeLessThan(STATUS_MS_MAX);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

async function check(pair: Pair, mode: 'full' | 'fast'): Promise<void> {
  let end: unknown = null;
  for await (const part of pair.active.client.stream('check', { mode })) if (part.kind === 'result') end = part;
  expect(end).toMatchObject({ finished: true, differences: 0, unreadable: 0 });
}

function plantDeep(data: string, name: (level: number) => string): void {
  let folder = fs.openSync(data, fs.constants.O_DIRECTORY);
  for (let level = 0; level < LEVELS; level++) {
    const below = `/proc/self/fd/${String(folder)}/${name(level)}`;
    fs.mkdirSync(below);
    const opened = fs.openSync(below, fs.constants.O_DIRECTORY);
    fs.closeSync(folder);
    folder = opened;
  }
  fs.writeFileSync(`/proc/self/fd/${String(folder)}/bottom`, 'bottom');
  fs.closeSync(folder);
}

function inDeepest(top: string, name: (level: number) => string, action: (folder: string) => void): void {
  let folder = fs.openSync(top, fs.constants.O_DIRECTORY);
  for (let level = 1; level < LEVELS; level++) {
    const opened = fs.openSync(`/proc/self/fd/${String(folder)}/${name(level)}`, fs.constants.O_DIRECTORY);
    fs.closeSync(folder);
    folder = opened;
  }
  action(`/proc/self/fd/${String(folder)}`);
  fs.closeSync(folder);
}
