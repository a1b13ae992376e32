import { onTestFailed } from 'vitest';
import { TcpRelay } from '../../src/system/tcp-relay.ts';
import { changeSettings, makePair, type Pair, type PairOptions } from './pair.ts';
import type { TrialServer } from './server.ts';

/** A running pair whose channel can be cut, and whose bytes on the wire are counted. */
export class RelayedPair implements AsyncDisposable {
  readonly pair: Pair;
  readonly #relays: readonly TcpRelay[];

  private constructor(pair: Pair, relays: readonly TcpRelay[]) {
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
    const relayTo = (server: TrialServer) => TcpRelay.open({ host: '127.0.0.1', port: server.place.channelPort });
    const relays = [await relayTo(pair.passive), await relayTo(pair.active)] as const;
    for (const [index, server] of [pair.active, pair.passive].entries()) {
      const { host, port } = (relays[index] as TcpRelay).address;
      changeSettings(server.serverFile, { channel: { peers: [`${host}:${String(port)}`] } });
    }
    onTestFailed(() => void process.stderr.write(`${pair.logs()}\n`));
    return new RelayedPair(pair, relays);
  }

  /** Bytes that passed between the two so far, in both directions, encrypted as they are. */
  get bytesPassed(): number {
    return this.#relays.reduce((sum, relay) => sum + relay.bytesPassed, 0);
  }

  cut(): void {
    for (const relay of this.#relays) relay.cut();
  }

  restore(): void {
    for (const relay of this.#relays) relay.restore();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pair[Symbol.asyncDispose]();
    await Promise.all(this.#relays.map((relay) => relay.close()));
  }
}
