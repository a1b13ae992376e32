import type { Identity, Status } from '../api/status.ts';
import { Problem } from '../problems/problem.ts';
import { examplePairFile, exampleServerFile } from '../settings/example-file.ts';
import type { Child } from '../system/processes/child.ts';
import { atProcessEnd } from '../system/processes/signals.ts';
import { freePort, TcpRelay } from '../system/network/tcp-relay.ts';
import { trialFiles } from '../system/files/trial-files.ts';
import { formatAddress } from '../kernel/sockets.ts';
import { MIB } from '../kernel/units.ts';
import { awaited } from './deadline.ts';
import { DemoServer, PROTECTED_FOLDER } from './demo-server.ts';
import { ShopRegistry } from './shop-registry.ts';

const PAIRING_MS = 60_000;
const ANSWER_MS = 60_000;
const QUEUE_BYTES_MAX = 256 * MIB;
const FREE_BYTES_MIN = 32 * MIB;
/** Short, so that the effect of a cut is seen soon. */
const CHANNEL = { waitMs: 2_000, reconnectDelayMsMax: 1_000 };

export type BothStatuses = { readonly active: Status | null; readonly passive: Status | null };

/** Two servers of one pair in a temporary folder; the channel between them runs through relays that can be cut. */
export class DemoPair {
  readonly top: string;
  readonly active: DemoServer;
  readonly passive: DemoServer;
  readonly registry: ShopRegistry;
  readonly #relays: readonly TcpRelay[];
  readonly #forget: () => void;

  private constructor(
    top: string,
    parts: {
      readonly servers: readonly [DemoServer, DemoServer];
      readonly registry: ShopRegistry;
      readonly relays: readonly TcpRelay[];
    },
  ) {
    this.top = top;
    [this.active, this.passive] = parts.servers;
    this.registry = parts.registry;
    this.#relays = parts.relays;
    this.#forget = atProcessEnd(() => this.#removeAtOnce());
  }

  /** Makes folders and settings; starts nothing. To be disposed of. */
  static async make(): Promise<DemoPair> {
    const top = trialFiles.makeTemporaryFolder('understudy-demo-');
    try {
      const place = async (identity: Identity): Promise<DemoServer> => new DemoServer(top, identity, await freePort());
      const servers = [await place('primary'), await place('secondary')] as const;
      const relayTo = (server: DemoServer) => TcpRelay.open({ host: '127.0.0.1', port: server.channelPort });
      const relays = [await relayTo(servers[0]), await relayTo(servers[1])] as const;
      const registry = await ShopRegistry.make({ active: servers[0].base, passive: servers[1].base });
      writeSettings(servers[0], { registry, towardsPeer: relays[1] });
      writeSettings(servers[1], { registry, towardsPeer: relays[0] });
      return new DemoPair(top, { servers, registry, relays });
    } catch (error) {
      trialFiles.removeTree(top);
      throw error;
    }
  }

  get isCut(): boolean {
    return this.#relays.some((relay) => relay.isCut);
  }

  /** Pairs the two as an operator would: `invite` here, `join TOKEN` there. */
  async join(signal: AbortSignal): Promise<void> {
    const told: string[] = [];
    const tokens: string[] = [];
    const invite = await this.active.command(['invite'], (line, from) =>
      (from === 'output' ? tokens : told).push(line),
    );
    try {
      const ended = endOf(invite);
      const token = await awaited('an invitation', { timeoutMs: PAIRING_MS, signal }, (seen) => {
        seen(told.join(' '));
        if (ended.status !== undefined) throw failed('understudy invite', told);
        return tokens[0] ?? null;
      });
      const join = await this.passive.command(['join', token], (line) => told.push(line));
      const joined = endOf(join);
      try {
        await awaited('both servers to be paired', { timeoutMs: PAIRING_MS, signal }, (seen) => {
          seen(told.join(' '));
          for (const end of [joined, ended]) {
            if (end.status !== undefined && end.status !== 0) throw failed('pairing', told);
          }
          return joined.status === 0 && ended.status === 0 ? true : null;
        });
      } finally {
        join.signal('SIGKILL');
      }
    } finally {
      invite.signal('SIGKILL');
    }
  }

  /** Starts both daemons and waits until they answer. */
  async start(signal: AbortSignal): Promise<void> {
    await Promise.all([this.active.start(), this.passive.start()]);
    await awaited('both daemons to answer', { timeoutMs: ANSWER_MS, signal }, async () => {
      const { active, passive } = await this.statuses();
      return active === null || passive === null ? null : true;
    });
  }

  async statuses(): Promise<BothStatuses> {
    const [active, passive] = await Promise.all([this.active.status(), this.passive.status()]);
    return { active, passive };
  }

  /** Do both servers hold the same content in this file below the protected folder? */
  isSame(name: string): boolean {
    const [here, there] = [this.active.shop(name), this.passive.shop(name)];
    return trialFiles.exists(there) && trialFiles.read(here).equals(trialFiles.read(there));
  }

  cut(): void {
    for (const relay of this.#relays) relay.cut();
  }

  restore(): void {
    for (const relay of this.#relays) relay.restore();
  }

  /** The end of both daemons' logs. */
  logs(): string {
    return [this.active, this.passive]
      .map((server) => [`--- log of the ${server.identity} server ---`, ...server.logTail(), ''].join('\n'))
      .join('\n');
  }

  /** Stops both daemons and removes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.active.stop(), this.passive.stop()]);
    await Promise.all(this.#relays.map((relay) => relay.close()));
    trialFiles.removeTree(this.top);
    this.#forget();
  }

  #removeAtOnce(): void {
    for (const server of [this.active, this.passive]) server.kill();
    trialFiles.removeTree(this.top);
  }
}

function writeSettings(
  server: DemoServer,
  { registry, towardsPeer }: { readonly registry: ShopRegistry; readonly towardsPeer: TcpRelay },
): void {
  const serverFile = exampleServerFile({
    identity: server.identity,
    stateDirectory: server.stateDirectory,
    base: server.base,
    channel: { listen: [`127.0.0.1:${server.channelPort}`], peers: [formatAddress(towardsPeer.address)] },
    api: { listen: null },
    queues: { sizeBytesMax: QUEUE_BYTES_MAX, freeBytesMin: FREE_BYTES_MIN },
  });
  const pairFile = examplePairFile({
    pair: 'shop',
    protect: {
      files: { include: [`${PROTECTED_FOLDER}/**`] },
      registry: registry.settings,
    },
    // It shows what becomes of a copy that somebody changes, which nobody can where the copy is mounted over.
    capture: 'watch',
    check: { schedule: null },
    preset: 'lan',
    channel: CHANNEL,
  });
  trialFiles.write(server.configFile, serverFile);
  trialFiles.write(server.pairFile, pairFile);
}

/** Filled once the child has ended; 128 stands for a signal. */
function endOf(child: Child): { status: number | undefined } {
  const end: { status: number | undefined } = { status: undefined };
  void child.ended.then(({ status }) => {
    end.status = status ?? 128;
  });
  return end;
}

function failed(what: string, told: readonly string[]): Problem {
  return new Problem('CLI-014', { reason: `${what} failed: ${told.join(' ')}` });
}
