import { onTestFailed } from 'vitest';
import { makePair, type Pair, type PairOptions } from './pair.ts';
import { Relays } from './relays.ts';

/** A running pair whose channel can be cut, and whose bytes on the wire are counted. */
export class RelayedPair implements AsyncDisposable {
  readonly pair: Pair;
  readonly #relays: Relays;

  private constructor(pair: Pair, relays: Relays) {
    this.pair = pair;
    this.#relays = relays;
  }

  static async start(options: PairOptions = {}): Promise<RelayedPair> {
    const relayed = await RelayedPair.make(options);
    try {
      await relayed.pair.start();
      return relayed;
    } catch (error) {
      await relayed[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Whose daemons don't run yet. */
  static async make(options: PairOptions = {}): Promise<RelayedPair> {
    const pair = await makePair(options);
    const relays = await Relays.between(pair);
    onTestFailed(() => void process.stderr.write(`${pair.logs()}\n`));
    return new RelayedPair(pair, relays);
  }

  /** Bytes that passed between the two so far, in both directions, encrypted as they are. */
  get bytesPassed(): number {
    return this.#relays.bytesPassed;
  }

  cut(): void {
    this.#relays.cut();
  }

  restore(): void {
    this.#relays.restore();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pair[Symbol.asyncDispose]();
    await this.#relays[Symbol.asyncDispose]();
  }
}
