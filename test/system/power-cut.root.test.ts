/**
 * What it proves: the power of either server may go at any moment of its work. Its disk then holds
 * what was synced, not what was written; a restart alone brings both together again, and what the
 * passive was known to hold it still holds, without the active's help. Two rules say what that is:
 *
 * 1. What could be seen whole on the passive's copy before the cut: nothing is applied before it is
 *    durable in the receive queue. Holds for content that travels inside its change (up to 256 KiB).
 * 2. All that the active had seen (a later change of it had reached the passive) when it then said
 *    Synchronized, content of any size and attributes included.
 *
 * What it doesn't prove: that a change is synced before it is acknowledged, other than by these two
 * rules; larger content outside rule 2; forgotten syncs of folders and a drive's own cache, which the
 * rig can't lose (power-cut.ts). What the active's own programs lose in its cut is theirs: its disk as
 * it comes back is what counts.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFailed } from 'vitest';
import { compareManifests, type Manifest, manifestOf } from '../support/manifest.ts';
import { NumberedFiles } from '../support/numbered-files.ts';
import type { Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { type CuttableDisk, PowerCutRig } from '../support/power-cut.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { ANY_LOSS, RandomOperations } from '../support/random-operations.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';

/** For each server and each way of mounting. */
const CUTS = proofRuns({ short: 1, full: 10 });
const SEED = 414;
const OPERATIONS_PER_SECOND = 150;
const MOMENT_MS_MAX = 5_000;
const GOES_ON_MS_MAX = 500;
/** A status is told at every change and at least this often. */
const STATUS_AGE_MS_MAX = 1_000;
const TRICKLE_MS = 120;
const SYNCHRONIZED_WITHIN_MS = 60_000;
const APPLIED_WITHIN_MS = 60_000;
const TEST_TIMEOUT_MS = 60_000 + CUTS * 60_000;
const MIB = 1024 * 1024;

/** As usual, and without what hides a forgotten sync before a rename over another file. */
const MOUNTS = ['', 'noauto_da_alloc'];

describe.each(MOUNTS)('a power cut under load (mounted with %j)', (mountOptions) => {
  it(
    'leaves the passive with all it was known to hold, and both come together again by themselves',
    async () => {
      using rig = new PowerCutRig();
      const disk = rig.disk({ mountOptions });
      await using trial = await Trial.begin('secondary', disk);
      for (let cut = 0; cut < CUTS; cut++) await cutPassive(trial, disk);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'of the active lets both come together again by themselves, as its disk came back',
    async () => {
      using rig = new PowerCutRig();
      const disk = rig.disk({ mountOptions });
      await using trial = await Trial.begin('primary', disk);
      for (let cut = 0; cut < CUTS; cut++) await cutActive(trial, disk);
    },
    TEST_TIMEOUT_MS,
  );
});

async function cutPassive(trial: Trial, disk: CuttableDisk): Promise<void> {
  const { pair } = trial;
  const synchronized = await trial.synchronizedPart();
  trial.startLoad();
  await trial.someMoment(MOMENT_MS_MAX);
  const promised = NumberedFiles.observe(join(pair.passive.data, 'numbered'));
  const after = disk.cut();
  // Alone from here on: the active neither sends nor answers until it is let go on.
  process.kill(pair.active.daemon?.pid ?? 0, 'SIGSTOP');
  await pair.passive.kill();
  disk.restore(after);
  await pair.passive.start();
  await queueApplied(pair);
  const found = NumberedFiles.observe(join(pair.passive.data, 'numbered'));
  expect(trial.numbered.broken(promised, found)).toEqual([]);
  expect(compareManifests(synchronized, manifestOf(join(pair.passive.data, 'synchronized')))).toEqual([]);
  process.kill(pair.active.daemon?.pid ?? 0, 'SIGCONT');
  await trial.someMoment(GOES_ON_MS_MAX);
  await trial.endLoad();
  await comesTogether(pair);
}

async function cutActive(trial: Trial, disk: CuttableDisk): Promise<void> {
  const { pair } = trial;
  trial.startLoad();
  await trial.someMoment(MOMENT_MS_MAX);
  const after = disk.cut();
  // The machine is gone with its programs.
  await Promise.all([pair.active.kill(), trial.endLoad()]);
  disk.restore(after);
  trial.numbered.takeUp();
  await pair.active.start();
  await comesTogether(pair);
}

async function comesTogether(pair: Pair): Promise<void> {
  await pair.settled({ timeoutMs: SYNCHRONIZED_WITHIN_MS });
  expect(pair.differences()).toEqual([]);
}

/** Waits until the passive, without the active, has applied what it had received. */
async function queueApplied({ passive }: Pair): Promise<void> {
  await until('the receive queue to be applied', APPLIED_WITHIN_MS, async (seen) => {
    const { queues, fileSystem } = await passive.status();
    seen(JSON.stringify({ queues, fileSystem }));
    // Until the stream worker tells of itself, no item is known.
    return fileSystem.itemsTotal > 0 && queues.receive.records === 0 ? true : null;
  });
}

/** A pair with programs that work on the active's files. */
class Trial implements AsyncDisposable {
  readonly pair: Pair;
  readonly numbered: NumberedFiles;
  readonly #random: SeededRandom;
  #load: { readonly stop: AbortController; readonly ended: Promise<unknown> } | null = null;
  #rounds = 0;

  private constructor(pair: Pair, random: SeededRandom) {
    this.pair = pair;
    this.#random = random;
    fs.mkdirSync(join(pair.active.data, 'random'));
    fs.mkdirSync(join(pair.active.data, 'synchronized'));
    this.numbered = new NumberedFiles(join(pair.active.data, 'numbered'), random);
  }

  /** @param who - Whose power will be cut: it lives on the disk. */
  static async begin(who: 'primary' | 'secondary', disk: CuttableDisk): Promise<Trial> {
    const serverSettings = () => ({ queues: { freeBytesMin: 0, sizeBytesMax: 128 * MIB } });
    const pair = await runningPair({ homes: { [who]: disk.folder }, serverSettings, pairSettings: ANY_LOSS });
    // Written by the test, a moment ago: to lose them would be no fault of the product.
    for (const server of pair.servers) for (const file of [server.serverFile, server.pairFile]) sync(file);
    const seed = SEED + (who === 'primary' ? 0 : 1);
    onTestFailed(() => void process.stderr.write(`Seed ${seed}\n`));
    const trial = new Trial(pair, new SeededRandom(seed));
    await pair.settled();
    return trial;
  }

  startLoad(): void {
    const stop = new AbortController();
    const program = new RandomOperations(join(this.pair.active.data, 'random'), this.#random.integer(0, 2 ** 31));
    const options = { perSecond: OPERATIONS_PER_SECOND, signal: stop.signal };
    const ended = Promise.all([
      program.run({ count: Number.POSITIVE_INFINITY, ...options }),
      this.numbered.run(stop.signal),
    ]);
    this.#load = { stop, ended };
  }

  async endLoad(): Promise<void> {
    this.#load?.stop.abort();
    await this.#load?.ended;
    this.#load = null;
  }

  async someMoment(msMax: number): Promise<void> {
    await pause(this.#random.integer(0, msMax));
  }

  /**
   * Changes files of many sizes while a program writes a little now and then, and waits for the active
   * to say Synchronized.
   * @returns what must be there from now on.
   */
  async synchronizedPart(): Promise<Manifest> {
    const folder = join(this.pair.active.data, 'synchronized');
    const stop = new AbortController();
    const trickle = this.#trickle(stop.signal);
    try {
      const round = (this.#rounds += 1);
      for (const sizeBytes of [0, 5_000, 200_000, 300_000, 3 * MIB]) {
        const path = join(folder, `${sizeBytes}-${round % 2}`);
        fs.writeFileSync(path, Buffer.alloc(sizeBytes, `${round};`));
        fs.chmodSync(path, 0o640 + (round % 4));
      }
      const manifest = manifestOf(folder);
      const passed = await this.#passedBy();
      await until('the active to say Synchronized', SYNCHRONIZED_WITHIN_MS, async (seen) => {
        const { asOf, fileSystem } = await this.pair.active.status();
        seen(JSON.stringify({ asOf, fileSystem }));
        const isNew = Date.parse(asOf) > passed + STATUS_AGE_MS_MAX;
        return isNew && fileSystem.status === 'Synchronized' ? true : null;
      });
      return manifest;
    } finally {
      stop.abort();
      await trickle;
    }
  }

  /** Too little to keep the status from Synchronized, enough to keep the passive from being idle. */
  async #trickle(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      fs.writeFileSync(join(this.pair.active.data, 'trickle'), String(performance.now()));
      await pause(TRICKLE_MS);
    }
  }

  /** Waits until what is written from now on reaches the passive: all that was done before was seen by then. @returns when. */
  async #passedBy(): Promise<number> {
    const since = performance.now();
    const path = join(this.pair.passive.data, 'trickle');
    return await until('a little to reach the passive', SYNCHRONIZED_WITHIN_MS, () =>
      fs.existsSync(path) && Number(fs.readFileSync(path, 'utf8')) > since ? Date.now() : null,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endLoad();
    await this.pair[Symbol.asyncDispose]();
  }
}

function sync(path: string): void {
  const file = fs.openSync(path, 'r');
  fs.fsyncSync(file);
  fs.closeSync(file);
}
