import { onTestFailed } from 'vitest';
import { dropMount } from './mounted-folder.ts';
import { makePair, type Pair, type PairOptions } from './pair.ts';
import type { WhenFailed } from './pair-in-test.ts';
import type { CuttableDisk } from './power-cut.ts';
import { Relays } from './relays.ts';
import { until } from './until.ts';

const LOST_WITHIN_MS = 120_000;

/** A running pair whose channel can be cut, and whose bytes on the wire are counted. */
export class RelayedPair implements AsyncDisposable {
  readonly pair: Pair;
  readonly #relays: Relays;

  private constructor(pair: Pair, relays: Relays) {
    this.pair = pair;
    this.#relays = relays;
  }

  /** The daemons' logs are shown when the test fails. */
  static async start(options: PairOptions = {}, whenFailed: WhenFailed = onTestFailed): Promise<RelayedPair> {
    const relayed = await RelayedPair.make(options, whenFailed);
    try {
      await relayed.pair.start();
      return relayed;
    } catch (error) {
      await relayed[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Whose daemons don't run yet. */
  static async make(options: PairOptions = {}, whenFailed: WhenFailed = onTestFailed): Promise<RelayedPair> {
    const pair = await makePair(options);
    const relays = await Relays.between(pair);
    whenFailed(() => void process.stderr.write(`${pair.logs()}\n`));
    return new RelayedPair(pair, relays);
  }

  /** Bytes that passed between the two so far, in both directions, encrypted as they are. */
  get bytesPassed(): number {
    return this.#relays.bytesPassed;
  }

  cut(): void {
    this.#relays.cut();
  }

  /** Takes the passive server's power and the channel away, and starts it again without the active one. */
  async cutPassivePower(disk: CuttableDisk): Promise<void> {
    const { passive } = this.pair;
    const after = disk.cut();
    this.cut();
    await passive.kill();
    dropMount(passive.data);
    disk.restore(after);
    await passive.start();
  }

  /** Cuts the channel, and returns when the active server knows: nothing that was on its way comes any more. */
  async fallApart(): Promise<void> {
    this.cut();
    await until('the channel to be lost', LOST_WITHIN_MS, async () =>
      (await this.pair.active.status()).channel.status === 'Not connected' ? true : null,
    );
  }

  restore(): void {
    this.#relays.restore();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pair[Symbol.asyncDispose]();
    await this.#relays[Symbol.asyncDispose]();
  }
}
