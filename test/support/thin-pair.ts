import { onTestFailed } from 'vitest';
import { changeSettings, makePair, type Pair, type PairOptions } from './pair.ts';
import type { TrialServer } from './server.ts';
import { type Passing, ThinRoute, Wire } from './thin-link.ts';

/** What a link carries, and how long that takes from one end to the other. */
export interface LinkOptions {
  readonly bytesPerSecond: number;
  readonly delayMs: number;
}

/** A running pair whose two routes share one link in user space. */
export class ThinPair implements AsyncDisposable {
  readonly pair: Pair;
  readonly toPassive: Wire;
  readonly toActive: Wire;
  /** By which server dials: to the passive server, and to the active one. */
  readonly routes: readonly [dialedByActive: ThinRoute, dialedByPassive: ThinRoute];

  private constructor(pair: Pair, parts: Pick<ThinPair, 'toPassive' | 'toActive' | 'routes'>) {
    this.pair = pair;
    this.toPassive = parts.toPassive;
    this.toActive = parts.toActive;
    this.routes = parts.routes;
  }

  static async start(link: LinkOptions, options: PairOptions = {}): Promise<ThinPair> {
    const pair = await makePair(options);
    onTestFailed(() => void process.stderr.write(`${pair.logs()}\n`));
    const [toPassive, toActive] = [new Wire(link), new Wire(link)];
    const target = (server: TrialServer) => ({ host: '127.0.0.1', port: server.place.channelPort });
    const routes = [
      await ThinRoute.open({ target: target(pair.passive), there: toPassive, back: toActive }),
      await ThinRoute.open({ target: target(pair.active), there: toActive, back: toPassive }),
    ] as const;
    for (const [index, server] of [pair.active, pair.passive].entries()) {
      const { host, port } = (routes[index] as ThinRoute).address;
      changeSettings(server.serverFile, { channel: { peers: [`${host}:${String(port)}`] } });
    }
    const thin = new ThinPair(pair, { toPassive, toActive, routes });
    try {
      await pair.start();
      return thin;
    } catch (error) {
      await thin[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What passes from now on, on one route or on both. */
  pass(way: { toPassive: Passing; toActive: Passing }, which: 'both' | 'dialedByActive' | 'dialedByPassive'): void {
    const [dialedByActive, dialedByPassive] = this.routes;
    if (which !== 'dialedByPassive') dialedByActive.pass({ there: way.toPassive, back: way.toActive });
    if (which !== 'dialedByActive') dialedByPassive.pass({ there: way.toActive, back: way.toPassive });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pair[Symbol.asyncDispose]();
    await Promise.all(this.routes.map((route) => route.close()));
  }
}
