import fs from 'node:fs';
import { join } from 'node:path';
import { type Host, Network } from '../network.ts';
import { changeSettings, type Pair, startPair } from '../pair.ts';
import { proofRuns } from '../proof-runs.ts';
import { SmallDisk } from '../small-disk.ts';
import { TemporaryHome } from '../temporary-home.ts';

const MIB = 1024 * 1024;
export const QUEUE_BYTES_MAX = 64 * MIB;
export const FREE_BYTES_MIN = 40 * MIB;
const DISK_MIB = 192;
/** Enough for the loss of all of them to be asked about. */
const PLANTED = 60;

/** Where a server of the rig keeps its files: what is protected, and the queues, each on a disk of its own. */
interface Disks {
  readonly home: TemporaryHome;
  readonly data: SmallDisk;
  readonly queues: SmallDisk;
}

export const PORT = 57_348;
export const ACTIVE = '10.77.0.1';
export const PASSIVE = '10.77.0.2';
/** The File System Status of two servers that have no channel. */
export const APART = ['Out of sync'] as const;
/** Where the machine does nothing else so quick that a scenario takes seconds; what the product waits for by itself stays. */
const LOST_AFTER_MS = proofRuns({ short: 5_000, full: 1_000 });
const CHANNEL = {
  heartbeatMs: 200,
  lostAfterMs: LOST_AFTER_MS,
  waitMs: 300,
  reconnectDelayMsMin: 50,
  reconnectDelayMsMax: 300,
};

/**
 * A pair on a network and on disks of its own, with a third machine on the same link that has no address yet: what
 * goes wrong is injected there.
 */
export class DiagnosisRig implements AsyncDisposable {
  readonly network: Network;
  readonly active: Host;
  readonly passive: Host;
  readonly third: Host;
  readonly disks: Readonly<Record<'active' | 'passive', Disks>>;
  #pair: Pair | null = null;

  private constructor(network: Network) {
    this.network = network;
    this.active = network.add(`${ACTIVE}/24`);
    this.passive = network.add(`${PASSIVE}/24`);
    this.third = network.add('');
    for (const host of [this.active, this.passive]) host.hosts('');
    this.disks = { active: disksOf(), passive: disksOf() };
  }

  static async start(): Promise<DiagnosisRig> {
    const rig = new DiagnosisRig(new Network());
    try {
      const { active, passive } = rig.disks;
      rig.#pair = await startPair({
        network: { primary: placeOf(rig.active), secondary: placeOf(rig.passive) },
        homes: { primary: active.home.folder, secondary: passive.home.folder },
        pairSettings: { capture: 'watch', channel: CHANNEL },
        serverSettings: (identity) => ({
          queues: {
            directory: join((identity === 'primary' ? active : passive).queues.folder, 'queues'),
            sizeBytesMax: QUEUE_BYTES_MAX,
            freeBytesMin: FREE_BYTES_MIN,
          },
        }),
        plant,
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
    for (const { data, queues, home } of Object.values(this.disks)) {
      for (const disk of [data, queues, home]) disk[Symbol.dispose]();
    }
    this.network[Symbol.dispose]();
  }
}

function placeOf({ namespace, address: host }: Host): { namespace: string; host: string; port: number } {
  return { namespace, host, port: PORT };
}

function disksOf(): Disks {
  const home = new TemporaryHome();
  const data = new SmallDisk(DISK_MIB, join(home.folder, 'base'));
  return { home, data, queues: new SmallDisk(DISK_MIB, join(home.folder, 'queues')) };
}

function plant(data: string): void {
  fs.writeFileSync(join(data, 'file'), 'content');
  fs.mkdirSync(join(data, 'many'));
  for (let number = 0; number < PLANTED; number++) fs.writeFileSync(join(data, `many/${number}`), `content ${number}`);
}
