import { changeSettings, type Pair, startPair } from '../pair.ts';
import { type Host, Network } from '../network.ts';
import fs from 'node:fs';
import { join } from 'node:path';

export const PORT = 57_348;
/** So quick that a scenario takes seconds; what the product waits for by itself stays. */
const CHANNEL = { heartbeatMs: 200, lostAfterMs: 1000, waitMs: 300, reconnectDelayMsMin: 50, reconnectDelayMsMax: 300 };

/** A pair on a network of its own, with a third machine on the same link that has no address yet. */
export class ChannelRig implements AsyncDisposable {
  readonly network: Network;
  readonly active: Host;
  readonly passive: Host;
  readonly third: Host;
  #pair: Pair | null = null;

  private constructor(network: Network) {
    this.network = network;
    this.active = network.add('10.77.0.1/24');
    this.passive = network.add('10.77.0.2/24');
    this.third = network.add('');
    for (const host of [this.active, this.passive]) host.hosts('');
  }

  static async start(): Promise<ChannelRig> {
    const rig = new ChannelRig(new Network());
    try {
      rig.#pair = await startPair({
        network: { primary: placeOf(rig.active), secondary: placeOf(rig.passive) },
        pairSettings: { capture: 'watch', channel: CHANNEL },
        plant: (data) => fs.writeFileSync(join(data, 'file'), 'content'),
      });
      return rig;
    } catch (error) {
      await rig[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pair(): Pair {
    if (this.#pair === null) throw new Error('The pair is not there yet');
    return this.#pair;
  }

  /** Other addresses in channel.peers of one or both; daemons are started again. */
  async peers(active: string, passive: string): Promise<void> {
    for (const server of this.pair.servers) await server.stop();
    changeSettings(this.pair.active.serverFile, { channel: { peers: [active] } });
    changeSettings(this.pair.passive.serverFile, { channel: { peers: [passive] } });
    await this.pair.start();
  }

  async rightPeers(): Promise<void> {
    await this.peers(`${this.passive.address}:${PORT}`, `${this.active.address}:${PORT}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pair?.[Symbol.asyncDispose]();
    this.network[Symbol.dispose]();
  }
}

function placeOf({ namespace, address: host }: Host): { namespace: string; host: string; port: number } {
  return { namespace, host, port: PORT };
}
