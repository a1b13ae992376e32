/**
 * What it proves: what makes up for a queue that was given up is applied as one. Whenever the passive server is cut off
 * in the middle, by its channel, by the end of its daemon or of the active server's, its copy is the older state with
 * everything in it, and it says so (APL-070); or, once it has begun to change it, it comes to the newer state by
 * itself, without the active server. Where all is intercepted the older state counts as one moment meanwhile.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compareManifests, type Manifest, manifestOf, manifestUnlessMoved } from '../support/manifest.ts';
import { overfill, QUEUE_BYTES_MAX } from '../support/overfilled-queue.ts';
import type { PairOptions } from '../support/pair.ts';
import type { WhenFailed } from '../support/pair-in-test.ts';
import { ANY_LOSS } from '../support/random-operations.ts';
import { RelayedPair } from '../support/relayed-pair.ts';
import { until } from '../support/until.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const FILES = 30;
const FILE_BYTES = 100 * KIB;
/** With what overfills the queue. */
const CHANGED_MIN = FILES + 8;
/** So that it takes some seconds. */
const CHECK_BYTES_PER_SECOND = 2 * MIB;
/** Of a piece that is gathered; there are some forty. */
const PIECE_MS = 200;
/** In the middle of gathering. */
const GATHERED_BYTES_MIN = 500 * KIB;
const WITHIN_MS = 120_000;
const LONG_MS = 600_000;
const QUICK_CHANNEL = { waitMs: 500, heartbeatMs: 200, lostAfterMs: 2_000 };

it.concurrent(
  'cut off before all is here, the copy is the older state; afterwards it comes to the newer one by itself',
  async ({ onTestFailed }) => {
    await using trial = await Trial.start({}, onTestFailed);
    const { active, passive } = trial.relayed.pair;
    await trial.round('its channel is cut', async (before) => {
      await trial.gathers();
      await trial.relayed.fallApart();
      await trial.isWhole(before);
      await passive.kill();
      await passive.start();
      await trial.isWhole(before);
    });
    await trial.round('it is killed while it applies, and is alone then', async () => {
      const mend = await trial.applies();
      await passive.kill();
      trial.relayed.cut();
      mend();
      await passive.start();
      await trial.isNewer();
    });
    // Last: what an active server knows of the copy is proven anew after its restart.
    await trial.round('the daemon of the active server is killed', async (before) => {
      await trial.gathers();
      await active.kill();
      await trial.isWhole(before);
      await active.start();
    });
  },
  LONG_MS,
);

it.concurrent(
  'it goes on where it was; and to the end where the active server is killed',
  async ({ onTestFailed }) => {
    await using trial = await Trial.start({}, onTestFailed);
    const { active, passive } = trial.relayed.pair;
    await trial.round('its daemon is killed while it gathers', async (before) => {
      await trial.gathers();
      await passive.kill();
      expect(compareManifests(before, manifestOf(passive.data))).toEqual([]);
      await passive.start();
    });
    await trial.round('the active server is killed while it applies', async () => {
      const mend = await trial.applies();
      await active.kill();
      mend();
      await trial.isNewer();
      await active.start();
    });
  },
  LONG_MS,
);

it.concurrent(
  'where all is intercepted, the older state counts as one moment until all of the newer one is here',
  async ({ onTestFailed }) => {
    await using trial = await Trial.start({ ...ANY_LOSS, capture: 'intercept' }, onTestFailed);
    const { passive } = trial.relayed.pair;
    await trial.consistent();
    await trial.round('its channel is cut', async (before) => {
      await trial.gathers();
      await trial.relayed.fallApart();
      await trial.isWhole(before);
      expect((await passive.status()).fileSystem.consistent).toBe(true);
    });
    await trial.consistent();
  },
  LONG_MS,
);

/** A pair whose queue is given up, again and again, and what it then makes up for. */
class Trial implements AsyncDisposable {
  readonly relayed: RelayedPair;
  #rounds = 0;

  private constructor(relayed: RelayedPair) {
    this.relayed = relayed;
  }

  static async start(pairSettings: NonNullable<PairOptions['pairSettings']>, whenFailed: WhenFailed): Promise<Trial> {
    const options: PairOptions = {
      pairSettings: {
        channel: QUICK_CHANNEL,
        check: { bytesPerSecondMax: CHECK_BYTES_PER_SECOND, schedule: null },
        ...pairSettings,
      },
      serverSettings: () => ({ queues: { sizeBytesMax: QUEUE_BYTES_MAX, freeBytesMin: 0 } }),
      faults: true,
      plant: (folder) => {
        fs.mkdirSync(join(folder, 'moved'));
        for (const name of names()) fs.writeFileSync(join(folder, name), 'before');
        fs.writeFileSync(join(folder, 'moved/inside'), 'before');
        fs.writeFileSync(join(folder, 'large'), Buffer.alloc(MIB, 'large'));
      },
    };
    const relayed = await RelayedPair.start(options, whenFailed);
    try {
      await relayed.pair.settled({ timeoutMs: WITHIN_MS });
      return new Trial(relayed);
    } catch (error) {
      await relayed[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Falls apart for long, meets again, is disturbed meanwhile, and comes together. @param disturb - is handed the copy as it was. */
  async round(name: string, disturb: (before: Manifest) => Promise<void>): Promise<void> {
    const { relayed } = this;
    const { pair } = relayed;
    process.stdout.write(`  ${name}\n`);
    this.#rounds += 1;
    await relayed.fallApart();
    const before = manifestOf(pair.passive.data);
    await overfill(pair.active, this.#rounds * 1000);
    this.#change();
    // What is captured only after the two met again brings its content itself.
    await until('all that changed to be captured', WITHIN_MS, async (seen) => {
      const { itemsOutOfSync } = (await pair.active.status()).fileSystem;
      seen(String(itemsOutOfSync));
      return itemsOutOfSync >= CHANGED_MIN ? true : null;
    });
    relayed.restore();
    await disturb(before);
    pair.passive.faults.end();
    relayed.restore();
    await pair.settled({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);
    expect(fs.existsSync(this.#gathered)).toBe(false);
    for (const code of ['APL-070', 'APL-031']) expect(await pair.passive.findings(code)).toEqual([]);
  }

  /** Waits until some of what is missing has come, of which the rest takes long: whoever cuts it off may come late. */
  async gathers(): Promise<void> {
    const { faults } = this.relayed.pair.passive;
    faults.begin({ call: 'pwrite', path: '*/queues/resync', delayMs: PIECE_MS });
    await until('content to be gathered', WITHIN_MS, (seen) => {
      const bytes = fs.statSync(this.#gathered, { throwIfNoEntry: false })?.size ?? 0;
      seen(String(bytes));
      return bytes >= GATHERED_BYTES_MIN ? true : null;
    });
  }

  /** Waits until some of it is applied, and keeps the rest from that. @returns what lets it go on. */
  async applies(): Promise<() => void> {
    const { passive } = this.relayed.pair;
    const earlier = new Set(passive.faults.waiting());
    const isWaiting = (): boolean => passive.faults.waiting().some((mark) => !earlier.has(mark));
    const mend = passive.faults.begin({ call: 'pwrite', path: `*/data/${this.#lastName}`, delayMs: -1 });
    await until('Apply to be in the middle of it', WITHIN_MS, () => (isWaiting() ? true : null));
    return mend;
  }

  /** The passive server is alone, with the older state. */
  async isWhole(before: Manifest): Promise<void> {
    const { passive } = this.relayed.pair;
    expect((await passive.finding('APL-070', WITHIN_MS)).severity).toBe('warning');
    expect(await passive.findings('APL-031')).toEqual([]);
    expect(compareManifests(before, manifestOf(passive.data))).toEqual([]);
  }

  /** The passive server is alone, and comes to the newer state. */
  async isNewer(): Promise<void> {
    const { active, passive } = this.relayed.pair;
    const newer = manifestOf(active.data);
    await until('the newer state', WITHIN_MS, (seen) => {
      const found = manifestUnlessMoved(passive.data);
      const differences = found === null ? ['names move while they are read'] : compareManifests(newer, found);
      seen(differences.join('\n'));
      return differences.length === 0 ? true : null;
    });
    await until('what it says of it to be over', WITHIN_MS, async (seen) => {
      const { channel, findings } = await passive.status();
      seen(JSON.stringify(findings));
      const isOver = findings.every(({ code }) => code !== 'APL-031' && code !== 'APL-070');
      return channel.status === 'Not connected' && isOver ? true : null;
    });
  }

  async consistent(): Promise<void> {
    await until('a consistent copy', WITHIN_MS, async (seen) => {
      const statuses = await Promise.all(this.relayed.pair.servers.map((server) => server.status()));
      seen(JSON.stringify(statuses.map(({ fileSystem }) => fileSystem)));
      return statuses.every(({ fileSystem }) => fileSystem.consistent) ? true : null;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.relayed.pair.servers) server.faults.end();
    await this.relayed[Symbol.asyncDispose]();
  }

  get #gathered(): string {
    return join(this.relayed.pair.passive.stateDirectory, 'queues/resync');
  }

  get #lastName(): string {
    return names().at(-1) ?? '';
  }

  #change(): void {
    const at = (name: string): string => join(this.relayed.pair.active.data, name);
    for (const name of names()) fs.writeFileSync(at(name), Buffer.alloc(FILE_BYTES, `${name} ${String(this.#rounds)}`));
    const [from, to] = this.#rounds % 2 === 1 ? ['moved', 'moved away'] : ['moved away', 'moved'];
    fs.renameSync(at(from as string), at(to as string));
    fs.writeFileSync(at(`${to as string}/inside`), Buffer.alloc(KIB, `moved ${String(this.#rounds)}`));
    fs.rmSync(at(`new ${String(this.#rounds - 1)}`), { force: true });
    fs.writeFileSync(at(`new ${String(this.#rounds)}`), Buffer.alloc(MIB, `new ${String(this.#rounds)}`));
    const large = fs.openSync(at('large'), 'r+');
    fs.writeSync(large, `in the middle ${String(this.#rounds)}`, MIB / 2 + this.#rounds);
    fs.closeSync(large);
  }
}

function names(): string[] {
  return Array.from({ length: FILES }, (_, number) => `file-${String(number).padStart(2, '0')}`);
}
