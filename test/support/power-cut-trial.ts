import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Status } from '../../src/api/status.ts';
import { BulkFiles } from './bulk-files.ts';
import { type Manifest, manifestOf } from './manifest.ts';
import { NumberedFiles } from './numbered-files.ts';
import { QUEUE_BYTES_MAX } from './overfilled-queue.ts';
import type { Pair } from './pair.ts';
import type { CuttableDisk } from './power-cut.ts';
import { ANY_LOSS, RandomOperations } from './random-operations.ts';
import { RelayedPair } from './relayed-pair.ts';
import type { SeededRandom } from './seeded-random.ts';
import { sync } from './sync.ts';
import { until } from './until.ts';

const BULK_FILES = 2_000;
const OPERATIONS_PER_SECOND = 150;
/** A status is told at every change and at least this often. */
const STATUS_AGE_MS_MAX = 1_000;
const TRICKLE_MS = 120;
/** Generous: what is asked is what comes of a cut, not how fast. */
const WITHIN_MS = 240_000;
const MIB = 1024 * 1024;

type Position = Status['fileSystem']['position'];

/** A pair with programs that work on the active's files; the daemons don't run yet. */
export class PowerCutTrial implements AsyncDisposable {
  readonly relayed: RelayedPair;
  readonly random: SeededRandom;
  readonly numbered: NumberedFiles;
  /** On the active server from the beginning. */
  readonly bulk = new BulkFiles('bulk', BULK_FILES);
  #load: { readonly stop: AbortController; readonly ended: Promise<unknown> } | null = null;
  #rounds = 0;

  private constructor(relayed: RelayedPair, random: SeededRandom) {
    this.relayed = relayed;
    this.random = random;
    const { data } = this.pair.active;
    for (const folder of ['random', 'synchronized']) fs.mkdirSync(join(data, folder));
    this.numbered = new NumberedFiles(join(data, 'numbered'), random);
    this.bulk.write(data);
  }

  get pair(): Pair {
    return this.relayed.pair;
  }

  /** @param who - whose power will be cut: it lives on the disk. */
  static async make(who: 'primary' | 'secondary', disk: CuttableDisk, random: SeededRandom): Promise<PowerCutTrial> {
    const serverSettings = () => ({ queues: { freeBytesMin: 0, sizeBytesMax: QUEUE_BYTES_MAX } });
    const relayed = await RelayedPair.make({ homes: { [who]: disk.folder }, serverSettings, pairSettings: ANY_LOSS });
    const trial = new PowerCutTrial(relayed, random);
    // Written by the test, a moment ago: to lose them would be no fault of the product.
    for (const { serverFile, pairFile } of trial.pair.servers) for (const file of [serverFile, pairFile]) sync(file);
    return trial;
  }

  startLoad(): void {
    const stop = new AbortController();
    const program = new RandomOperations(join(this.pair.active.data, 'random'), this.random.integer(0, 2 ** 31));
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
    await this.pauseBetween(0, msMax);
  }

  async pauseBetween(msMin: number, msMax: number): Promise<void> {
    await pause(this.random.integer(msMin, msMax));
  }

  /** Waits until one of the files of {@link bulk}, whichever, is on the passive server as it is on the active one. */
  async oneOfBulkArrived(): Promise<void> {
    const file = this.random.integer(0, BULK_FILES - 1);
    const { data } = this.pair.passive;
    await until(`file ${String(file)} to arrive`, WITHIN_MS, () => (this.bulk.isNew(data, file) ? true : null));
  }

  /** Up to where the passive server says that everything is applied. */
  async toldApplied(): Promise<Position> {
    return (await this.pair.passive.status()).fileSystem.position;
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
      await until('the active to say Synchronized', WITHIN_MS, async (seen) => {
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
    return await until('a little to reach the passive', WITHIN_MS, () =>
      fs.existsSync(path) && Number(fs.readFileSync(path, 'utf8')) > since ? Date.now() : null,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endLoad();
    await this.relayed[Symbol.asyncDispose]();
  }
}
