import { TcpRelay } from '../../src/system/network/tcp-relay.ts';
import { changeSettings, type Pair } from './pair.ts';
import { isGiven, type TrialServer } from './server.ts';

/** What stands between the two servers of a pair: can be cut, and counts. */
export class Relays implements AsyncDisposable {
  readonly #relays: readonly TcpRelay[];

  private constructor(relays: readonly TcpRelay[]) {
    this.#relays = relays;
  }

  /** @param pair - whose daemons don't run yet. */
  static async between(pair: Pair): Promise<Relays> {
    const relays = [await relayTo(pair.passive), await relayTo(pair.active)] as const;
    for (const [index, server] of [pair.active, pair.passive].entries()) {
      const { host, port } = (relays[index] as TcpRelay).address;
      changeSettings(server.serverFile, { channel: { peers: [`${host}:${String(port)}`] } });
    }
    return new Relays(relays);
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
    await Promise.all(this.#relays.map((relay) => relay.close()));
  }
}

/** On no port that a server was given: one that is free may be, as long as that server does not run. */
async function relayTo({ place }: TrialServer): Promise<TcpRelay> {
  for (;;) {
    const relay = await TcpRelay.open({ host: '127.0.0.1', port: place.channelPort });
    if (!isGiven(relay.address.port)) return relay;
    await relay.close();
  }
}
